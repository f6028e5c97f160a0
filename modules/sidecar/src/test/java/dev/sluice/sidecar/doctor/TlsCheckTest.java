package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.s3.TlsProvider;
import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import org.junit.jupiter.api.Test;

class TlsCheckTest {

    @Test
    void javasTlsIsToldWithTheReasonUnlessItWasAskedFor() {
        assertThat(new TlsCheck(new TlsProvider.BoringSsl()).finding().level()).isEqualTo(Level.OK);
        assertThat(new TlsCheck(new TlsProvider.JdkAsAsked()).finding()).satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Level.OK);
            assertThat(finding.evidence()).contains("by Java", "noOpenSsl");
        });
        assertThat(new TlsCheck(new TlsProvider.JdkInstead("no room in /tmp")).finding())
                .satisfies(finding -> {
                    assertThat(finding.level()).isEqualTo(Level.WARN);
                    assertThat(finding.evidence()).contains("by Java", "no room in /tmp");
                    assertThat(finding.fix()).contains("launcher", "-Dio.netty.native.workdir=");
                });
    }
}
