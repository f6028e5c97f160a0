package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Requests to S3 cost time and money. A small log backup in steady state needs five, each after the one before
/// it, and their order is what a crash at any instant relies on.
@Timeout(180)
class RequestBudgetIT {

    private static final Logger log = LoggerFactory.getLogger(RequestBudgetIT.class);

    @TempDir
    Path directory;

    /// What a request is about, in one word: its method, and which of the bucket's directories it names.
    private static String inShort(String head) {
        return head.lines().findFirst().orElse("").replaceAll(" HTTP/1.1", "");
    }

    @Test
    void aSmallLogBackupInSteadyStateNeedsFiveRequestsOneAfterTheOther() throws Exception {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        try (RecordingLink link = new RecordingLink(s3.endpoint());
                Installation installation =
                        Installation.start(s3, link.endpoint(), 64L << 20, o -> o.withDatabase("Sales", 2 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);
            installation.backup(BackupRequest.log("Sales"));
            installation.work("Sales", 2);
            link.heads.clear();

            installation.backup(BackupRequest.log("Sales"));

            List<String> requests =
                    link.heads.stream().map(RequestBudgetIT::inShort).toList();
            log.info("requests of one log backup: {}", requests);
            System.out.println("REQUESTS " + requests.size() + "\n" + String.join("\n", requests));
            assertThat(requests).hasSize(5);
        }
    }
}
