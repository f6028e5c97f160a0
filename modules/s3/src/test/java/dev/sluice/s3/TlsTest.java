package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.PooledByteBufAllocator;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSession;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Connections to real servers, with TLS by each provider.
@Timeout(120)
class TlsTest {
    private static final int MIB = 1 << 20;
    private static final PartPlan PLAN = new PartPlan(5 * MIB, PartPlan.MAX_PARTS, 2 * MIB, MIB);
    private static final byte[] BYTES = TestS3.random(12 * MIB + 345, 2);

    @TempDir
    private Path directory;

    private static final TlsProvider BORINGSSL = new TlsProvider.BoringSsl();
    private static final TlsProvider JDK = new TlsProvider.JdkInstead("a test wants it");

    static List<TlsProvider> providers() {
        return List.of(BORINGSSL, JDK);
    }

    static Stream<Object[]> providersAndProtocols() {
        return Stream.of("TLSv1.2", "TLSv1.3")
                .flatMap(protocol -> providers().stream().map(tls -> new Object[] {tls, protocol}));
    }

    @Test
    void theLibraryForThisMachineIsThereAndPreferred() {
        assertThat(TlsProvider.best()).isEqualTo(BORINGSSL);
    }

    @Test
    void aStoreSaysWhatEncryptsItsConnections() throws Exception {
        try (TlsFront front = new TlsFront(TestS3.endpoint(), TestCertificate.create(directory));
                S3Store secure = S3Store.open(front.to(TestS3.config()));
                S3Store plain = TestS3.store()) {
            assertThat(secure.tls()).contains(BORINGSSL);
            assertThat(plain.tls()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("providersAndProtocols")
    void aServerWithOneProtocolIsSpokenToInIt(TlsProvider tls, String protocol) throws Exception {
        MemoryBudget budget = MemoryBudget.of(24L * MIB);
        try (TlsFront front = new TlsFront(TestS3.endpoint(), TestCertificate.create(directory), protocol);
                S3Store store = S3Store.open(front.to(TestS3.config()), () -> tls);
                Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()))) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            StripeUploadTest.write(upload, BYTES, MIB);
            StripeUploadTest.flush(upload);

            BlockSums sums = StripeDownloadTest.sums(BYTES, 2 * MIB);
            try (StripeDownload download = store.download(
                    admission.stripe(0),
                    new DownloadPlan(2 * MIB, MIB, 3),
                    List.of(DownloadSource.verified("stripe.1", BYTES.length, sums)))) {
                assertThat(StripeDownloadTest.readAll(download, MIB)).isEqualTo(BYTES);
            }
            assertThat(front.sessions())
                    .isNotEmpty()
                    .extracting(SSLSession::getProtocol)
                    .containsOnly(protocol);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aCertificateOfAnotherAuthorityIsRefused(TlsProvider tls) throws Exception {
        try (TlsFront front = new TlsFront(TestS3.endpoint(), TestCertificate.create(directory))) {
            refuses(front.to(TestS3.config()).over(Network.DEFAULT), tls, "certification path");
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aTrustedCertificateForAnotherHostIsRefused(TlsProvider tls) throws Exception {
        TestCertificate elsewhere = TestCertificate.create(directory, "DNS:elsewhere.example,IP:127.0.0.2");
        try (TlsFront front = new TlsFront(TestS3.endpoint(), elsewhere)) {
            refuses(front.to(TestS3.config()), tls, "127.0.0.1");
        }
    }

    /// At once, with the reason, and before a request was sent.
    private static void refuses(StoreConfig config, TlsProvider tls, String why) {
        try (S3Store store = S3Store.open(config, () -> tls)) {
            assertThatThrownBy(() -> store.put("key", new byte[1]).block(PROMPTLY))
                    .isInstanceOfSatisfying(
                            S3Failure.class,
                            failure -> assertThat(failure.retryable()).isFalse())
                    .hasMessageContaining("certificate is not trusted")
                    .hasMessageContaining(why);
        }
        try (S3Store plain = TestS3.direct(config)) {
            assertThat(await(plain.list("").collectList())).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("providersAndProtocols")
    void aConnectionAfterTheFirstResumesItsSession(TlsProvider tls, String protocol) throws Exception {
        try (TlsFront front = new TlsFront(TestS3.endpoint(), TestCertificate.create(directory), protocol);
                S3Store store = S3Store.open(front.to(TestS3.config()), () -> tls);
                S3Store other = S3Store.open(front.to(TestS3.config()), () -> tls)) {
            for (S3Store asking : List.of(store, store, store, other)) {
                asking.put("key", new byte[1]).block(PROMPTLY);
                front.cutConnections();
                Awaitility.await().atMost(PROMPTLY).until(() -> asking.wire().openConnections() == 0);
            }

            List<Long> begun =
                    front.sessions().stream().map(SSLSession::getCreationTime).toList();
            assertThat(begun).hasSize(4);
            assertThat(begun.subList(0, 3)).containsOnly(begun.getFirst());
            assertThat(begun.getLast()).as("that of another client").isNotEqualTo(begun.getFirst());
        }
    }

    /// What Netty keeps outside the heap beside the budget: the encrypted copies of what connections are about to
    /// send.
    @ParameterizedTest
    @MethodSource("providers")
    void connectionsHoldLittleBesideTheBudget(TlsProvider tls) throws Exception {
        MemoryBudget budget = MemoryBudget.of(48L * MIB);
        TestCertificate certificate = TestCertificate.create(directory);
        try (StubS3 stub = new StubS3(certificate.context());
                S3Store store = S3Store.open(TestS3.patient(stub.config()).over(certificate.trusted()), () -> tls);
                Admission admission = await(budget.admit(1, PLAN.memoryPerStripe()))) {
            StripeUpload upload = store.upload(admission.stripe(0), PLAN, n -> "stripe." + n);
            for (int i = 0; i < 16; i++) {
                StripeUploadTest.write(upload, BYTES, MIB);
            }
            StripeUploadTest.flush(upload);
        }

        // Netty gives back little of what it has ever taken, so this is the most that it had.
        assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory())
                .isPositive()
                .isLessThan(64L * MIB);
    }
}
