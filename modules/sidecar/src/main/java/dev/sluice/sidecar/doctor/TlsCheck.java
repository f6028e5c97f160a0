package dev.sluice.sidecar.doctor;

import dev.sluice.s3.TlsProvider;

/// What encrypts the connections to the bucket, and at what price.
public record TlsCheck(TlsProvider tls) {

    public DoctorFinding finding() {
        return switch (tls) {
            case TlsProvider.BoringSsl _ -> DoctorFinding.ok("bucket-tls", "connections are encrypted by BoringSSL");
            case TlsProvider.JdkAsAsked _ ->
                DoctorFinding.ok(
                        "bucket-tls",
                        "connections are encrypted by Java, as -Dio.netty.handler.ssl.noOpenSsl asks for");
            case TlsProvider.JdkInstead instead ->
                DoctorFinding.warn(
                        "bucket-tls",
                        "connections are encrypted by Java, which takes more processor time: BoringSSL's library cannot be loaded (%s)"
                                .formatted(instead.why()),
                        "Start Sluice by its launcher, which knows where the library is; or name a directory that may be"
                                + " written to and run programs from, with -Dio.netty.native.workdir=DIR in"
                                + " SLUICE_JVM_FLAGS.");
        };
    }
}
