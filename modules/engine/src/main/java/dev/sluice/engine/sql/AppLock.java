package dev.sluice.engine.sql;

import java.util.List;

/// SQL Server's own lock on a name: session-owned, exclusive, gone with the session at the latest. It keeps two
/// sidecars, or a
/// run and a recovery, from working on the same kind of backup of one database.
public final class AppLock {

    private AppLock() {}

    /// Takes the lock at once, or not.
    ///
    /// @param session keeps the lock; its close releases the lock
    /// @param name    up to 255 characters
    public static boolean take(SqlSession session, String name) {
        List<Row> rows = session.query(
                "DECLARE @result int; EXEC @result = sp_getapplock @Resource = " + Tsql.literal(name)
                        + ", @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0; SELECT @result AS result");
        // 0 and 1 are granted; everything below is a refusal.
        return rows.getFirst().number("result") >= 0;
    }

    /// Gives back a lock that [#take] gave to this session, once.
    public static void release(SqlSession session, String name) {
        session.query("DECLARE @result int; EXEC @result = sp_releaseapplock @Resource = " + Tsql.literal(name)
                + ", @LockOwner = 'Session'; SELECT @result AS result");
    }
}
