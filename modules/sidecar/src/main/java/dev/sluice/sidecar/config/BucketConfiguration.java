package dev.sluice.sidecar.config;

import java.util.ArrayList;
import java.util.List;

/// What a command needs that looks at a whole bucket and at no SQL Server: a few sections of a [Configuration], which
/// may
/// be all that the file has.
public record BucketConfiguration(
        @Key("The bucket.") StoreSection store,
        @Key("How bytes are sent to the bucket.") UploadSection upload,

        @Key("Who may see the page.") Configuration.Http http,
        @Key("What is logged, on standard error.") Configuration.Log log) {

    static BucketConfiguration of(Configuration whole) {
        return new BucketConfiguration(whole.store(), whole.upload(), whole.http(), whole.log());
    }

    /// Every secret in it, for callers that keep secrets out of the output.
    public List<String> secrets() {
        List<String> secrets = new ArrayList<>();
        ConfigurationFile.collect(this, secrets);
        return secrets;
    }
}
