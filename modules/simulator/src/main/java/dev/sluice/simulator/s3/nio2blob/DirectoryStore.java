package dev.sluice.simulator.s3.nio2blob;

import java.nio.file.Path;
import org.gaul.s3proxy.nio2blob.AbstractNio2BlobStore;

/// S3Proxy's store in a directory, which can make versions of objects. S3Proxy switches them on for its store in
/// memory alone, though both are one class.
public final class DirectoryStore extends AbstractNio2BlobStore {

    private volatile boolean versions;

    /// @param root an existing directory
    public DirectoryStore(Path root) {
        super(root);
    }

    /// From now on, a bucket can be told to make versions.
    public void supportVersioning() {
        versions = true;
    }

    @Override
    public boolean supportsVersioning() {
        return versions;
    }
}
