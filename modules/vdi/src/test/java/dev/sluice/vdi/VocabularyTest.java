package dev.sluice.vdi;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The numbers and names of Microsoft's headers. They are written out here once more on purpose: a number that
/// changes by mistake must not change in its test as well.
class VocabularyTest {

    @Test
    void commandsHaveTheNumbersOfTheHeaders() {
        assertThat(table(CommandCode.values(), CommandCode::number)).isEqualTo("""
                        READ 1
                        WRITE 2
                        CLEAR_ERROR 3
                        REWIND 4
                        WRITE_MARK 5
                        SKIP_MARKS 6
                        SKIP_BLOCKS 7
                        LOAD 8
                        GET_POSITION 9
                        SET_POSITION 10
                        DISCARD 11
                        FLUSH 12
                        SNAPSHOT 13
                        MOUNT_SNAPSHOT 14
                        PREPARE_TO_FREEZE 15
                        FILE_INFO_BEGIN 16
                        FILE_INFO_END 17
                        GET_ERROR 18
                        COMPLETE 19""");
    }

    @ParameterizedTest
    @EnumSource
    void aCommandIsFoundByItsNumberAndOnlyReadAndWriteTransfer(CommandCode code) {
        assertThat(CommandCode.ofNumber(code.number())).isEqualTo(code);
        assertThat(code.transfers()).isEqualTo(code == CommandCode.READ || code == CommandCode.WRITE);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 20, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void numbersThatNoHeaderHasAreUnknownCommands(int number) {
        assertThat(CommandCode.ofNumber(number)).isNull();
        assertThat(Command.of(7, number, 3, 0, MemorySegment.NULL)).isEqualTo(new Command.Unknown(7, number, 3));
    }

    @Test
    void featuresHaveTheBitsOfTheHeaders() {
        assertThat(table(Feature.values(), feature -> "0x%X".formatted(feature.bit())))
                .isEqualTo("""
                        REMOVABLE 0x1
                        REWIND 0x2
                        POSITION 0x10
                        SKIP_BLOCKS 0x20
                        REVERSE_POSITION 0x40
                        DISCARD 0x80
                        FILE_MARKS 0x100
                        RANDOM_ACCESS 0x200
                        SNAPSHOT_PREPARE 0x400
                        ENUM_FROZEN_FILES 0x800
                        VSS_WRITER 0x1000
                        REQUEST_COMPLETE 0x2000
                        WRITE_MEDIA 0x10000
                        READ_MEDIA 0x20000
                        COMPLETE_ENABLED 0x40000
                        LATCH_STATS 0x80000000""");
        assertThat(Features.LIKE_PIPE.bits()).isZero();
        assertThat(Features.LIKE_TAPE.bits()).isEqualTo(0x173);
        assertThat(Features.LIKE_DISK.bits()).isEqualTo(0x200);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "0x0, true",
        "0x80, true",
        "0x1, true",
        "0x81, true",
        "0x2000, true",
        "0x2481, true",
        "0x1C00, true",
        "0x173, true",
        "0x1F3, true",
        "0x2173, true",
        "0x172, false",
        "0x171, false",
        "0x373, false",
        "0x200, true",
        "0x201, true",
        "0x281, true",
        "0x210, false",
        "0x100, false",
        "0x2, false",
        "0x10, false",
        "0x10000, false",
        "0x20000, false",
        "0x40000, false",
        "0x12000, false",
        "0x4, false",
        "0x8000, false"
    })
    void onlyPipeTapeAndDiskLikeCombinationsCanBeAskedFor(String bits, boolean requestable) {
        assertThat(new Features(Integer.decode(bits)).requestable()).isEqualTo(requestable);
    }

    @Test
    void featuresAreAddedTakenAwayAndNamed() {
        Features features = Features.of(Feature.REMOVABLE, Feature.DISCARD).with(Feature.WRITE_MEDIA);

        assertThat(features.bits()).isEqualTo(0x10081);
        assertThat(features.has(Feature.DISCARD)).isTrue();
        assertThat(features.without(Feature.DISCARD).has(Feature.DISCARD)).isFalse();
        assertThat(features.without(Feature.DISCARD).has(Feature.REMOVABLE)).isTrue();
        assertThat(features).hasToString("0x10081[REMOVABLE, DISCARD, WRITE_MEDIA]");
        assertThat(new Features(0x80000004)).hasToString("0x80000004[LATCH_STATS, 0x4]");
        assertThat(Features.LIKE_PIPE).hasToString("0x0[]");
    }

    @Test
    void errorsHaveTheNumbersOfTheHeaders() {
        assertThat(table(VdError.values(), error -> "%d %s".formatted(error.code(), error)))
                .isEqualTo("""
                        NOTOPEN -2139684862 VD_E_NOTOPEN (0x80770002)
                        TIMEOUT -2139684861 VD_E_TIMEOUT (0x80770003)
                        ABORT -2139684860 VD_E_ABORT (0x80770004)
                        SECURITY -2139684859 VD_E_SECURITY (0x80770005)
                        INVALID -2139684858 VD_E_INVALID (0x80770006)
                        INSTANCE_NAME -2139684857 VD_E_INSTANCE_NAME (0x80770007)
                        NOTSUPPORTED -2139684855 VD_E_NOTSUPPORTED (0x80770009)
                        MEMORY -2139684854 VD_E_MEMORY (0x8077000A)
                        UNEXPECTED -2139684853 VD_E_UNEXPECTED (0x8077000B)
                        PROTOCOL -2139684852 VD_E_PROTOCOL (0x8077000C)
                        OPEN -2139684851 VD_E_OPEN (0x8077000D)
                        CLOSE -2139684850 VD_E_CLOSE (0x8077000E)
                        BUSY -2139684849 VD_E_BUSY (0x8077000F)""");
    }

    @ParameterizedTest
    @EnumSource
    void anErrorIsFoundByItsNumberAndTellsItsMeaning(VdError error) {
        assertThat(VdError.ofCode(error.code())).contains(error);
        assertThat(new VirtualDeviceException(error, "Close"))
                .hasMessage("Close failed with %s: %s".formatted(error, error.meaning()))
                .extracting(VirtualDeviceException::error)
                .isEqualTo(error);
        assertThat(error.meaning()).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 0x80770001, 0x80770008, 0x80040154})
    void otherHresultsAreNoErrorsOfVdi(int code) {
        assertThat(VdError.ofCode(code)).isEmpty();
    }

    /// VD_E_QUEUE_FULL and VD_E_IO_ERROR are in no header and have no number (Q26).
    @Test
    void sendStatusHasTheCompletionCodesOfSendCommandsPage() {
        assertThat(table(SendStatus.values(), SendStatus::completionCode)).isEqualTo("""
                        QUEUED 0
                        QUEUE_FULL 1450
                        IO_ERROR 1117
                        PROTOCOL 6
                        ABORT 995""");
        assertThat(Arrays.stream(VdError.values()).map(VdError::name)).doesNotContain("QUEUE_FULL", "IO_ERROR");
    }

    @ParameterizedTest
    @CsvSource({
        "0, ERROR_SUCCESS",
        "6, ERROR_INVALID_HANDLE",
        "29, ERROR_WRITE_FAULT",
        "30, ERROR_READ_FAULT",
        "38, ERROR_HANDLE_EOF",
        "50, ERROR_NOT_SUPPORTED",
        "112, ERROR_DISK_FULL",
        "995, ERROR_OPERATION_ABORTED",
        "1100, ERROR_END_OF_MEDIA",
        "1101, ERROR_FILEMARK_DETECTED",
        "1104, ERROR_NO_DATA_DETECTED",
        "1117, ERROR_IO_DEVICE",
        "1129, ERROR_EOM_OVERFLOW",
        "1450, ERROR_NO_SYSTEM_RESOURCES"
    })
    void completionCodesHaveTheNumbersOfWin32(int code, String name) throws ReflectiveOperationException {
        assertThat(CompletionCode.class.getField(name).getInt(null)).isEqualTo(code);
        assertThat(CompletionCode.describe(code)).isEqualTo("%d (%s)".formatted(code, name));
    }

    @Test
    void aCompletionCodeWithoutANameIsDescribedByItsNumber() {
        assertThat(CompletionCode.describe(4711)).isEqualTo("4711");
    }

    @Test
    void whenceIsNumberedFromBeginningToEnd() {
        assertThat(IntStream.range(-1, 4).mapToObj(Whence::ofNumber))
                .containsExactly(null, Whence.BEGINNING, Whence.CURRENT, Whence.END, null);
    }

    @Test
    void everyCommandCarriesWhatItsInputsSay() {
        MemorySegment buffer = MemorySegment.ofArray(new byte[8]);
        assertThat(Command.of(1, 1, 8, 9, buffer)).isEqualTo(new Command.Read(1, buffer, 9));
        assertThat(Command.of(1, 2, 8, 9, buffer)).isEqualTo(new Command.Write(1, buffer, 9));
        assertThat(Command.of(1, 3, 0, 0, MemorySegment.NULL)).isEqualTo(new Command.ClearError(1));
        assertThat(Command.of(1, 10, 1, 9, MemorySegment.NULL))
                .isEqualTo(new Command.SetPosition(1, Whence.CURRENT, 9));
        assertThat(Command.of(1, 10, 3, 9, MemorySegment.NULL)).isEqualTo(new Command.Unknown(1, 10, 3));
        assertThat(Command.of(1, 12, 0, 0, MemorySegment.NULL)).isEqualTo(new Command.Flush(1));
        assertThat(Command.of(1, 19, 0, 0, MemorySegment.NULL)).isEqualTo(new Command.Complete(1));
        for (int number : List.of(4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 17, 18)) {
            assertThat(Command.of(1, number, 2, 0, MemorySegment.NULL))
                    .isInstanceOfSatisfying(Command.Media.class, media -> {
                        assertThat(media.command().number()).isEqualTo(number);
                        assertThat(media.size()).isEqualTo(2);
                    });
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyCommandKeepsItsNumberAndToken(CommandCode code) {
        Command command = Command.of(5, code.number(), 0, 0, MemorySegment.NULL);

        assertThat(command.code()).isEqualTo(code.number());
        assertThat(command.token()).isEqualTo(5);
    }

    @Test
    void aServersCommandCarriesItsInputsAndOutputs() {
        MemorySegment buffer = MemorySegment.ofArray(new byte[8]);
        int[] calls = new int[1];
        ServerCommand command = new ServerCommand(10, 2, 1L << 35, buffer, _ -> calls[0]++);
        command.outcome(38, 7, 1L << 36);
        command.runCompletion();

        assertThat(List.of(command.code(), command.size(), command.completionCode(), command.bytesTransferred()))
                .containsExactly(10, 2, 38, 7);
        assertThat(List.of(command.inPosition(), command.outPosition())).containsExactly(1L << 35, 1L << 36);
        assertThat(command.buffer()).isSameAs(buffer);
        assertThat(calls[0]).isEqualTo(1);
        ServerCommand flush = ServerCommand.control(CommandCode.FLUSH, _ -> {});
        assertThat(List.of(flush.code(), flush.size())).containsExactly(12, 0);
        assertThat(flush.buffer()).isEqualTo(MemorySegment.NULL);
        ServerCommand write = ServerCommand.transfer(CommandCode.WRITE, buffer, 4, _ -> {});
        assertThat(List.of(write.code(), write.size())).containsExactly(2, 4);
        assertThat(write.buffer()).isSameAs(buffer);
    }

    @Test
    void aConfigurationKeepsTheClientsFieldsWhenTheServerDecides() {
        VDConfig request = new VDConfig(2, Features.LIKE_TAPE, 64, 4096, 1024, 8192, Duration.ofSeconds(3), 0, 0, 0, 0);

        VDConfig configured = request.configured(new Features(0x10173), 8192, 512, 65_536, 1 << 20);

        assertThat(configured)
                .isEqualTo(new VDConfig(
                        2,
                        new Features(0x10173),
                        64,
                        8192,
                        1024,
                        8192,
                        Duration.ofSeconds(3),
                        512,
                        4,
                        65_536,
                        1 << 20));
        assertThat(VDConfig.request(2, Features.LIKE_TAPE)
                        .withPrefixZone(64, 4096)
                        .withServerTimeout(Duration.ofSeconds(3)))
                .isEqualTo(new VDConfig(2, Features.LIKE_TAPE, 64, 4096, 0, 0, Duration.ofSeconds(3), 0, 0, 0, 0));
    }

    @Test
    void timeoutsThatDoNotFitMeanNoLimit() {
        assertThat(Timeouts.nanos(Timeouts.POLL)).isZero();
        assertThat(Timeouts.nanos(Duration.ofMillis(3))).isEqualTo(3_000_000);
        assertThat(Timeouts.nanos(Timeouts.INFINITE)).isEqualTo(Long.MAX_VALUE);
        assertThat(Timeouts.nanos(Duration.ofNanos(-1))).isEqualTo(Long.MAX_VALUE);
        assertThat(Timeouts.nanos(Duration.ofNanos(Long.MAX_VALUE).plusNanos(1)))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Timeouts.nanos(Duration.ofNanos(Long.MAX_VALUE - 1))).isEqualTo(Long.MAX_VALUE - 1);
    }

    private static <E extends Enum<E>> String table(E[] values, Function<E, Object> column) {
        return Arrays.stream(values)
                .map(value -> value.name() + " " + column.apply(value))
                .collect(Collectors.joining("\n"));
    }
}
