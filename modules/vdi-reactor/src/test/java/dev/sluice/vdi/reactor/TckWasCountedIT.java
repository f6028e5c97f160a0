package dev.sluice.vdi.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/// The TCK runs on TestNG beside JUnit, which skips it silently when TestNG's engine is missing. So this test
/// asserts the number of TCK cases in the unit tests' report.
class TckWasCountedIT {

    /// Cases of the TCK's PublisherVerification that apply to a publisher for one subscriber.
    private static final int RUN = 25;

    @Test
    void theCasesOfTheTckWereRun() throws Exception {
        Path report = Path.of("target/surefire-reports/TEST-%s.xml".formatted(DeviceFluxVerification.class.getName()));
        Element suite = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(report.toFile())
                .getDocumentElement();

        int run = Integer.parseInt(suite.getAttribute("tests")) - Integer.parseInt(suite.getAttribute("skipped"));

        assertThat(run).isGreaterThanOrEqualTo(RUN);
    }
}
