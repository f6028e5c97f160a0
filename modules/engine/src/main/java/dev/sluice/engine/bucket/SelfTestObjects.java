package dev.sluice.engine.bucket;

import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.ObjectInfo;
import dev.sluice.s3.OngoingUpload;
import java.util.List;

/// What a self-test of the server has stored: below a directory of its own, in which nothing else is.
///
/// **Threading:** any thread that may block; no cancel ends it.
///
/// **Errors:** [dev.sluice.s3.S3Failure] when one of them cannot be removed.
public final class SelfTestObjects {

    private SelfTestObjects() {}

    /// Removes all objects and uploads of a self-test.
    ///
    /// @param env of the server, not of the self-test
    /// @param id  the self-test's ULID
    public static void remove(Environment env, String id) {
        String root = env.catalog().keys().selfTest(id).root();
        for (OngoingUpload upload : Blocking.uncancellably(env.store().uploads(root))) {
            Blocking.uncancellably(env.store().abort(upload));
        }
        List<String> keys = Blocking.uncancellably(env.store().list(root)).stream()
                .map(ObjectInfo::key)
                .toList();
        if (!keys.isEmpty()) {
            Blocking.uncancellably(env.store().delete(keys));
        }
    }
}
