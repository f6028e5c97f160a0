package dev.sluice.engine.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.UUID;

/// A SQL Server instance, as far as connecting to it goes.
///
/// @param url      a JDBC URL; properties in it win over what is set here
/// @param login    a member of sysadmin: BACKUP and RESTORE through virtual devices ask for no less (error 3265)
/// @param answers  how long a query may go without an answer, at least a second: one that a lock of another
///                 session holds up, on msdb's tables for instance, must not hold up a run for ever. BACKUP and RESTORE
/// may take
///                 as long as they take
public record SqlServer(String url, ServerLogin login, Duration answers) {

    private static final String PREFIX = "jdbc:sqlserver:";
    private static final Duration USUALLY_ANSWERS_WITHIN = Duration.ofMinutes(1);

    /// A server that asks for a password.
    public SqlServer(String url, String user, String password) {
        this(url, user, password, USUALLY_ANSWERS_WITHIN);
    }

    /// A server that asks for a password.
    public SqlServer(String url, String user, String password, Duration answers) {
        this(url, new SqlLogin(user, password), answers);
    }

    public SqlServer(String url, ServerLogin login) {
        this(url, login, USUALLY_ANSWERS_WITHIN);
    }

    public SqlServer {
        if (answers.toSeconds() < 1) {
            throw new IllegalArgumentException("an answer takes a second or more, got %s".formatted(answers));
        }
        if (!url.startsWith(PREFIX)) {
            throw new IllegalArgumentException("server.url must begin with %s, got %s".formatted(PREFIX, url));
        }
    }

    /// A session of its own. The caller closes it.
    ///
    /// **Errors:** [SqlServerUnavailable].
    public SqlSession connect() {
        return connect("Sluice");
    }

    /// The same, under a name of its own in `sys.dm_exec_sessions.program_name`, by which a later process
    /// finds it.
    ///
    /// @param program up to 128 characters
    public SqlSession connect(String program) {
        Properties properties = new Properties();
        properties.setProperty("databaseName", "master");
        properties.setProperty("applicationName", program);
        properties.setProperty("loginTimeout", "15");
        // An idle reconnection would re-run nothing, but it would lose the session's application lock without
        // a word.
        properties.setProperty("connectRetryCount", "0");
        String session = UUID.randomUUID().toString();
        properties.setProperty("socketFactoryClass", CuttableSockets.class.getName());
        properties.setProperty(CuttableSockets.SESSION, session);
        String attempted = "Connecting to %s as %s".formatted(address(), login.name());
        try {
            Connection connection = login.connect(url, properties);
            return new SqlSession(connection, address(), session, Math.toIntExact(answers.toSeconds()));
        } catch (TicketUnavailable e) {
            CuttableSockets.forget(session);
            throw SqlServerUnavailable.withoutTicket(attempted, e);
        } catch (SQLException e) {
            CuttableSockets.forget(session);
            throw SqlServerUnavailable.refused(attempted, e, login);
        } catch (RuntimeException e) {
            CuttableSockets.forget(session);
            throw e;
        }
    }

    /// The URL without its properties, which may hold secrets.
    public String address() {
        int properties = url.indexOf(';');
        return properties < 0 ? url : url.substring(0, properties);
    }

    @Override
    public String toString() {
        return "SqlServer[%s, login=%s]".formatted(address(), login.name());
    }
}
