package dev.sluice.simulator.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadFileTest {

    @TempDir
    Path directory;

    private Path data;
    private UploadFile upload;

    @BeforeEach
    void create() throws IOException {
        data = directory.resolve("data");
        upload = UploadFile.create(data);
    }

    @Test
    void partsOfAnySizeThatBeginInOrderAreInTheirPlacesAtOnce() throws IOException {
        long first = begin(1, "abc");
        long second = begin(2, "defgh");
        store(2, second, "defgh"); // ends before the first
        store(1, first, "abc");

        Path assembled = assemble(1, 2);

        assertThat(assembled).isEqualTo(data).hasContent("abcdefgh");
    }

    @Test
    void aPartBeforeWhoseBeginIsMissingIsStoredElsewhereAndCopiedToItsPlace() throws IOException {
        assertThat(begin(2, "defgh")).isNegative();
        Files.writeString(part(2), "defgh");
        upload.storedElsewhere(2);
        store(1, begin(1, "abc"), "abc");
        store(3, begin(3, "ij"), "ij");

        assertThat(assemble(1, 2, 3)).isEqualTo(data).hasContent("abcdefghij");
    }

    @Test
    void aSecondAttemptReplacesTheFirst() throws IOException {
        store(1, begin(1, "abc"), "abc");
        store(2, begin(2, "de"), "de");
        assertThat(begin(1, "longer")).isNegative();
        Files.writeString(part(1), "longer");
        upload.storedElsewhere(1);

        Path assembled = assemble(1, 2);

        assertThat(upload.placed()).extracting(UploadFile.Placed::number).containsExactly(2);
        assertThat(assembled).isNotEqualTo(data).hasContent("longerde");
    }

    @Test
    void partsThatAreNotListedAreLeftOut() throws IOException {
        store(1, begin(1, "abc"), "abc");
        store(2, begin(2, "de"), "de");
        store(3, begin(3, "fgh"), "fgh");

        assertThat(assemble(1, 3)).hasContent("abcfgh");
    }

    @Test
    void theLastPartsThatAreNotListedAreCutOff() throws IOException {
        store(1, begin(1, "abc"), "abc");
        store(2, begin(2, "de"), "de");

        assertThat(assemble(1)).isEqualTo(data).hasContent("abc");
    }

    @Test
    void whatIsStillWrittenReachesNoObject() throws IOException {
        store(1, begin(1, "abc"), "abc");
        long late = begin(2, "late");
        Files.writeString(part(2), "de");

        Path assembled = assemble(1, 2);
        store(2, late, "late");

        assertThat(assembled).isNotEqualTo(data).hasContent("abcde");
    }

    @Test
    void nothingBeginsInTheFileOnceItIsAssembled() throws IOException {
        store(1, begin(1, "abc"), "abc");
        assemble(1);

        assertThat(begin(2, "de")).isNegative();
    }

    @Test
    void aPartThatFailsIsNone() throws IOException {
        long offset = begin(1, "abcdef");
        assertThatThrownBy(() -> upload.write(1, offset, 6, bytes("abc"), "tag"))
                .isInstanceOf(EOFException.class);
        upload.ended(null);

        assertThat(upload.placed()).isEmpty();
        assertThatThrownBy(() -> assemble(1)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aPartCanBeReadBeforeTheUploadIsCompleted() throws IOException {
        store(1, begin(1, "abc"), "abc");
        store(2, begin(2, "defgh"), "defgh");

        assertThat(upload.read(upload.placed().get(1))).hasContent("defgh");
    }

    private long begin(int number, String content) {
        return upload.begin(number, content.length(), true);
    }

    private void store(int number, long offset, String content) throws IOException {
        upload.ended(upload.write(number, offset, content.length(), bytes(content), "tag"));
    }

    private Path assemble(Integer... numbers) throws IOException {
        return upload.assemble(List.of(numbers), this::part);
    }

    private Path part(int number) {
        return directory.resolve("part-" + number);
    }

    private static ByteArrayInputStream bytes(String content) {
        return new ByteArrayInputStream(content.getBytes(StandardCharsets.US_ASCII));
    }
}
