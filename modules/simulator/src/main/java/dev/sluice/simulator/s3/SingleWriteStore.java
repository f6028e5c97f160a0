package dev.sluice.simulator.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.gaul.s3proxy.nio2blob.AbstractNio2BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// S3Proxy's directory store, with multipart uploads whose bytes are written to the disk once.
///
/// S3Proxy writes a file for each part, hashes it with MD5 for its ETag, and copies all of them into the object
/// when the upload is completed. Here a part goes to its place in the file that becomes the object, and
/// completing is a rename. The place is known as soon as the lengths of all parts before it are, and a request
/// states its length before its bytes.
///
/// S3Proxy keeps what has no such place: a part whose predecessors have not begun, a second attempt at a part,
/// a part without a CRC32C of its own (only then is its ETag an MD5), an upload to an encrypted or versioned
/// bucket. Such parts are copied to their places when the upload is completed.
///
/// **Ownership:** a file `.mpus-<upload>-data` in the bucket's directory for each upload under way, which no
/// listing shows.
///
/// **Threading:** any thread; parts of an upload are written at the same time.
///
/// **Errors:** a part that fails is as if it had never been sent. While a request still writes, whose client may
/// have given it up, completing copies the parts to another file, so that a late write reaches no object.
final class SingleWriteStore extends ForwardingBlobStore {

    /// Where S3Proxy keeps an object's ETag.
    private static final String ETAG_ATTRIBUTE = "user.content-md5";

    /// S3Proxy's listings leave out names that begin so.
    private static final String DATA_PREFIX = ".mpus-";

    private static final int MOVES = 10;

    private final Path root;
    private final Map<String, UploadFile> uploads = new ConcurrentHashMap<>();

    SingleWriteStore(BlobStore delegate, Path root) {
        super(delegate);
        this.root = root;
    }

    @Override
    public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
        MultipartUpload begun = super.initiateMultipartUpload(request);
        CreateMultipartUploadResponse encrypted = begun.response(); // none without encryption
        boolean plain = (encrypted == null || encrypted.serverSideEncryptionAsString() == null)
                && (encrypted == null || encrypted.sseCustomerAlgorithm() == null)
                && !request.key().endsWith("/")
                && !(supportsVersioning() && getBucketVersioning(request.bucket()) != null);
        if (plain) {
            try {
                uploads.put(begun.id(), UploadFile.create(dataFile(begun)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return begun;
    }

    @Override
    public UploadPartResponse uploadMultipartPart(MultipartUpload of, UploadPartRequest request, InputStream body) {
        UploadFile upload = uploads.get(of.id());
        if (upload == null) {
            return super.uploadMultipartPart(of, request, body);
        }
        int number = request.partNumber();
        String crc32c = request.checksumCRC32C();
        long offset = upload.begin(number, request.contentLength(), crc32c != null);
        if (crc32c == null || offset < 0) {
            UploadPartResponse response = super.uploadMultipartPart(of, request, body);
            upload.storedElsewhere(number);
            return response;
        }
        UploadFile.Placed placed = null;
        try {
            placed = upload.write(number, offset, request.contentLength(), body, eTag(crc32c, request.contentLength()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            upload.ended(placed);
        }
        return UploadPartResponse.builder().eTag(placed.eTag()).build();
    }

    /// As long as an MD5, because clients expect 32 digits.
    private static String eTag(String crc32c, long length) {
        byte[] sum = Base64.getDecoder().decode(crc32c);
        byte[] bytes = ByteBuffer.allocate(16)
                .put(sum, 0, Integer.BYTES)
                .putLong(8, length)
                .array();
        return "\"" + HexFormat.of().formatHex(bytes) + "\"";
    }

    @Override
    public List<Part> listMultipartUpload(MultipartUpload of) {
        UploadFile upload = uploads.get(of.id());
        List<Part> elsewhere = super.listMultipartUpload(of);
        if (upload == null) {
            return elsewhere;
        }
        List<Part> all = new ArrayList<>();
        List<UploadFile.Placed> inPlace = upload.placed();
        inPlace.forEach(part -> all.add(part.listed()));
        elsewhere.stream()
                .filter(part -> inPlace.stream().noneMatch(other -> other.number() == part.partNumber()))
                .forEach(all::add);
        all.sort(Comparator.comparing(Part::partNumber));
        return all;
    }

    /// S3Proxy reads every part again to check the sum of the whole object.
    @Override
    public ResponseInputStream<GetObjectResponse> getBlob(String bucket, String key) {
        for (Map.Entry<String, UploadFile> each : uploads.entrySet()) {
            if (key.contains(each.getKey())) {
                for (UploadFile.Placed part : each.getValue().placed()) {
                    if (key.endsWith("-" + part.number())) {
                        return new ResponseInputStream<>(
                                GetObjectResponse.builder()
                                        .contentLength(part.length())
                                        .build(),
                                AbortableInputStream.create(each.getValue().read(part)));
                    }
                }
            }
        }
        return super.getBlob(bucket, key);
    }

    @Override
    public void abortMultipartUpload(MultipartUpload of) {
        uploads.remove(of.id());
        try {
            Files.deleteIfExists(dataFile(of));
            Files.deleteIfExists(UploadFile.copy(dataFile(of))); // of a completion that was refused
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        super.abortMultipartUpload(of);
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(
            MultipartUpload of, CompleteMultipartUploadRequest request) {
        UploadFile upload = uploads.get(of.id());
        if (upload == null || upload.placed().isEmpty()) {
            uploads.remove(of.id());
            return super.completeMultipartUpload(of, request);
        }
        List<Integer> numbers = request.multipartUpload().parts().stream()
                .map(CompletedPart::partNumber)
                .toList();
        try {
            Path assembled = upload.assemble(numbers, number -> partFile(of, number));
            String eTag = eTag(of, numbers);
            describe(of, assembled, eTag);
            publish(of, assembled, "*".equals(request.ifNoneMatch()));
            abortMultipartUpload(of); // nothing of it is needed any more
            return CompleteMultipartUploadResponse.builder()
                    .bucket(of.containerName())
                    .key(of.blobName())
                    .eTag(eTag)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String eTag(MultipartUpload of, List<Integer> numbers) {
        Map<Integer, String> eTags = new HashMap<>();
        listMultipartUpload(of).forEach(part -> eTags.put(part.partNumber(), part.eTag()));
        MessageDigest md5 = md5();
        for (int number : numbers) {
            String digits = Objects.requireNonNull(eTags.get(number)).replace("\"", "");
            md5.update(HexFormat.of().parseHex(digits));
        }
        return "\"" + HexFormat.of().formatHex(md5.digest()) + "-" + numbers.size() + "\"";
    }

    /// Gives the file the attributes in which S3Proxy keeps an object's properties. S3Proxy writes them to an empty
    /// object, and they are copied from there.
    private void describe(MultipartUpload of, Path assembled, String eTag) throws IOException {
        CreateMultipartUploadRequest asked = of.request();
        Path home = bucket(of).resolve(DATA_PREFIX + of.id() + "-description");
        Path described = Files.createDirectories(home.resolve("bucket")).resolve("object");
        BlobStore descriptions = new FilesystemNio2BlobStore(home.toString());
        descriptions.putBlob(
                PutObjectRequest.builder()
                        .bucket("bucket")
                        .key("object")
                        .metadata(asked.metadata())
                        .cacheControl(asked.cacheControl())
                        .contentDisposition(asked.contentDisposition())
                        .contentEncoding(asked.contentEncoding())
                        .contentLanguage(asked.contentLanguage())
                        .contentType(asked.contentType())
                        .expires(asked.expires())
                        .storageClass(asked.storageClass())
                        .acl(asked.acl())
                        .contentLength(0L)
                        .build(),
                InputStream.nullInputStream());
        try {
            if (Files.getFileStore(assembled).supportsFileAttributeView(PosixFileAttributeView.class)) {
                Files.setPosixFilePermissions(assembled, Files.getPosixFilePermissions(described));
            }
            copyAttributes(described, assembled, eTag);
        } finally {
            Files.deleteIfExists(described);
            Files.deleteIfExists(described.getParent());
            Files.deleteIfExists(home);
        }
    }

    private static void copyAttributes(Path from, Path to, String eTag) throws IOException {
        UserDefinedFileAttributeView source = Files.getFileAttributeView(from, UserDefinedFileAttributeView.class);
        UserDefinedFileAttributeView target = Files.getFileAttributeView(to, UserDefinedFileAttributeView.class);
        if (source == null || target == null || source.list().isEmpty()) {
            return; // the file system has none
        }
        for (String name : source.list()) {
            ByteBuffer value = ByteBuffer.allocate(source.size(name));
            source.read(name, value);
            target.write(name, value.flip());
        }
        target.write(ETAG_ATTRIBUTE, ByteBuffer.wrap(eTag.getBytes(StandardCharsets.US_ASCII)));
    }

    /// @param onlyNew whether an object of this name is left as it is
    private synchronized void publish(MultipartUpload of, Path assembled, boolean onlyNew) throws IOException {
        if (onlyNew && blobExists(of.containerName(), of.blobName())) {
            throw S3Exceptions.fromStatusCode(412);
        }
        Path target = bucket(of).resolve(of.blobName()).normalize();
        if (!target.startsWith(bucket(of))) {
            throw S3Exceptions.fromStatusCode(400);
        }
        for (int attempt = 1; ; attempt++) {
            Files.createDirectories(target.getParent());
            try {
                Files.move(assembled, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return;
            } catch (NoSuchFileException e) {
                // S3Proxy removes a directory with its last object, also between these two lines.
                if (attempt == MOVES) {
                    throw e;
                }
            }
        }
    }

    private Path bucket(MultipartUpload of) {
        return root.resolve(of.containerName());
    }

    private Path dataFile(MultipartUpload of) {
        return bucket(of).resolve(DATA_PREFIX + of.id() + "-data");
    }

    /// Where S3Proxy has a part.
    private Path partFile(MultipartUpload of, int number) {
        return bucket(of).resolve(AbstractNio2BlobStore.multipartPartName(of.id(), of.blobName(), number));
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
