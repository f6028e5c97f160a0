package dev.sluice.engine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is sealed opens with its passphrase, whole and unchanged, and in no other way.
@Timeout(120)
class SealedArchiveTest {

    private static final String PHRASE = "correct horse bätterie";
    private static final Passphrase RIGHT = new Passphrase(PHRASE.toCharArray());
    /// A guess takes less work here, and so does a test.
    private static final int FEW = 100_000;

    private static final int HEADER = 73;
    private static final int PIECE = (1 << 16) + 16;

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static void fails(FailureId id, ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).isEqualTo(id));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 65_536, 65_537, 200_000})
    void whatIsSealedOpens(int length) {
        byte[] plain = bytes(length);

        byte[] sealed = SealedArchive.seal(plain, RIGHT, FEW);

        assertThat(SealedArchive.open(sealed, RIGHT, "here")).isEqualTo(plain);
        assertThat(SealedArchive.seal(plain, RIGHT, FEW)).isNotEqualTo(sealed);
    }

    @Test
    void anotherPassphraseIsToldFromDamage() {
        byte[] sealed = SealedArchive.seal(bytes(100), RIGHT, FEW);

        fails(
                FailureId.WRONG_PASSPHRASE,
                () -> SealedArchive.open(sealed, new Passphrase("correct horse batterie".toCharArray()), "here"));
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(bytes(200), RIGHT, "here"));
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(new byte[0], RIGHT, "here"));
    }

    @Test
    void nothingIsChangedMovedLeftOutOrAppendedUnseen() {
        byte[] sealed = SealedArchive.seal(bytes(200_000), RIGHT, FEW);

        for (int at : new int[] {66, HEADER, HEADER + PIECE, sealed.length - 1}) {
            byte[] changed = sealed.clone();
            changed[at] ^= 1;
            fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(changed, RIGHT, "here"));
        }
        byte[] shorter = Arrays.copyOf(sealed, HEADER + 2 * PIECE);
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(shorter, RIGHT, "here"));
        byte[] swapped = sealed.clone();
        System.arraycopy(sealed, HEADER, swapped, HEADER + PIECE, PIECE);
        System.arraycopy(sealed, HEADER + PIECE, swapped, HEADER, PIECE);
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(swapped, RIGHT, "here"));
        byte[] longer = Arrays.copyOf(sealed, sealed.length + PIECE);
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(longer, RIGHT, "here"));
    }

    @Test
    void aHeaderCannotAskForWorkWithoutEnd() {
        byte[] sealed = SealedArchive.seal(bytes(10), RIGHT, FEW);
        byte[] costly = sealed.clone();
        Arrays.fill(costly, 10, 14, (byte) 0x7F);
        byte[] cheap = sealed.clone();
        Arrays.fill(cheap, 10, 13, (byte) 0);

        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(costly, RIGHT, "here"));
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(cheap, RIGHT, "here"));
        byte[] newer = sealed.clone();
        newer[8] = 2;
        fails(FailureId.EXPORT_DAMAGED, () -> SealedArchive.open(newer, RIGHT, "here"));
    }

    @Test
    void aPersonWithoutSluiceOpensItToo(@TempDir Path directory) throws Exception {
        assumeTrue(run(directory, "", "python3", "-c", "import cryptography") == 0, "python3 has no cryptography");
        Path script = Path.of(System.getProperty("sluice.root", "../.."), "infra", "export", "decrypt-export")
                .toAbsolutePath();
        byte[] plain = bytes(200_000);
        Files.write(directory.resolve("sealed"), SealedArchive.seal(plain, RIGHT, FEW));

        assertThat(run(directory, PHRASE + "\n", "python3", script.toString(), "sealed", "plain"))
                .isZero();
        assertThat(Files.readAllBytes(directory.resolve("plain"))).isEqualTo(plain);
        assertThat(run(directory, "another passphrase\n", "python3", script.toString(), "sealed", "other"))
                .isEqualTo(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("plain"))))
                .isEqualTo("rw-------");
        byte[] costly = SealedArchive.seal(plain, RIGHT, FEW);
        Arrays.fill(costly, 10, 14, (byte) 0x7F);
        for (byte[] refused : List.of(costly, Arrays.copyOf(costly, HEADER + 15), new byte[0])) {
            Files.write(directory.resolve("refused"), refused);
            assertThat(run(directory, PHRASE + "\n", "python3", script.toString(), "refused", "other"))
                    .isEqualTo(1);
            assertThat(directory.resolve("output")).content().doesNotContain("Traceback");
        }
        assertThat(directory.resolve("other")).doesNotExist();
    }

    private static int run(Path directory, String input, String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("output").toFile())
                    .start();
        } catch (IOException e) {
            return -1; // there is no such program
        }
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It reads nothing.
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
