package dev.sluice.simulator.s3;

import java.io.InputStream;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/// Accepts requests that ask for encryption by the server, and encrypts nothing. S3Proxy refuses them with
/// 501.
final class UnencryptedStore extends ForwardingBlobStore {

    UnencryptedStore(BlobStore delegate) {
        super(delegate);
    }

    @Override
    public boolean supportsServerSideEncryption() {
        return true;
    }

    @Override
    public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
        return super.putBlob(
                request.toBuilder()
                        .serverSideEncryption((String) null)
                        .ssekmsKeyId(null)
                        .bucketKeyEnabled(null)
                        .build(),
                body);
    }

    @Override
    public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
        return super.initiateMultipartUpload(request.toBuilder()
                .serverSideEncryption((String) null)
                .ssekmsKeyId(null)
                .bucketKeyEnabled(null)
                .build());
    }
}
