package dev.sluice.s3;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/// The checksum that S3 servers of any age know. Where the profile says that the server knows CRC32C, Sluice sends
/// that instead: it is computed anyway, while MD5 costs a pass of its own.
final class ContentMd5 {
    private ContentMd5() {}

    /// The value of the Content-MD5 header.
    static String base64(List<ByteBuffer> bytes) {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            bytes.forEach(md5::update);
            return Base64.getEncoder().encodeToString(md5.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has MD5", e);
        }
    }
}
