package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Requests and answers byte by byte: what drivers rely on but do not show, and what they rarely send.
@Timeout(30)
class TdsConversationTest {

    private static final String DONE = "fd000000000000000000000000";
    private static final String CANCELLED = "fd020000000000000000000000";
    private static final String ACKNOWLEDGED = "fd200000000000000000000000";

    private final ToyEngine engine = new ToyEngine();
    private TdsServer server;
    private RawClient client;

    @BeforeEach
    void start() throws IOException {
        server = TdsServer.start(TdsOptions.defaults(), engine);
        client = RawClient.loggedIn(server);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    @Test
    void acknowledgesACancelInAMessageOfItsOwn() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        engine.on("WAITFOR", (_, _, cancellation) -> {
            running.countDown();
            cancellation.await(Duration.ofSeconds(20));
        });
        client.sendBatch("WAITFOR");
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        client.sendAttention();

        assertThat(client.receive()).isEqualTo(hex(CANCELLED));
        assertThat(client.receive()).isEqualTo(hex(ACKNOWLEDGED));
    }

    @Test
    void acknowledgesACancelWithNothingRunning() throws Exception {
        client.sendAttention();
        assertThat(client.receive()).isEqualTo(hex(ACKNOWLEDGED));

        client.sendBatch("SET X");
        assertThat(client.receive()).isEqualTo(hex(DONE));
    }

    @Test
    void cancelsRequestsThatHaveNotBegunAsWell() throws Exception {
        engine.on("first", (_, _, cancellation) -> cancellation.await(Duration.ofSeconds(20)));
        client.sendBatch("first");
        client.sendBatch("second");
        client.sendAttention();
        client.send(
                PacketType.TRANSACTION_MANAGER,
                Message.END_OF_MESSAGE,
                RawClient.headers().toByteArray());

        assertThat(client.receive()).isEqualTo(hex(CANCELLED));
        assertThat(client.receive()).isEqualTo(hex(CANCELLED));
        assertThat(client.receive()).isEqualTo(hex(ACKNOWLEDGED));
        assertThat(client.receive()).isEqualTo(hex(DONE));
        assertThat(engine.texts()).doesNotContain("second");
    }

    @Test
    void forgetsARequestThatTheClientDidNotFinish() throws Exception {
        client.send(PacketType.BATCH, 0, RawClient.batch("SELECT"));
        client.send(PacketType.BATCH, Message.END_OF_MESSAGE | Message.IGNORE, new byte[0]);

        assertThat(client.receive()).isEqualTo(hex(CANCELLED));
        assertThat(engine.batches).isEmpty();
    }

    @Test
    void answersTransactionManagerRequestsWithDone() throws Exception {
        client.send(
                PacketType.TRANSACTION_MANAGER,
                Message.END_OF_MESSAGE,
                RawClient.headers().toByteArray());

        assertThat(client.receive()).isEqualTo(hex(DONE));
    }

    @Test
    void resetsTheSessionBeforeTheRequestThatAsksForIt() throws Exception {
        int id = engine.logins.getFirst().sessionId();

        client.send(PacketType.BATCH, Message.END_OF_MESSAGE | Message.RESET_CONNECTION, RawClient.batch("SET X"));
        assertThat(client.receive()).isEqualTo(hex("e30300120000" + DONE));
        client.send(
                PacketType.BATCH, Message.END_OF_MESSAGE | Message.RESET_KEEPING_TRANSACTION, RawClient.batch("SET X"));
        assertThat(client.receive()).isEqualTo(hex("e30300120000" + DONE));

        assertThat(engine.resets).containsExactly(id + "", id + " keeping the transaction");
    }

    @Test
    void refusesBulkLoadsAndGoesOn() throws Exception {
        client.send(PacketType.BULK_LOAD, Message.END_OF_MESSAGE, new byte[10]);

        assertError(50000, "bulk loads");
        client.sendBatch("SET X");
        assertThat(client.receive()).isEqualTo(hex(DONE));
    }

    @Test
    void refusesCallsItDoesNotKnowAndGoesOn() throws Exception {
        call(RawClient.headers().u16(0xFFFF).u16(2).u16(0)); // sp_cursoropen
        assertError(2812, "sp_cursoropen");

        call(RawClient.headers().u16(0xFFFF).u16(99).u16(0));
        assertError(50000, "procedure number 99");

        WireBuffer unknownHandle =
                RawClient.headers().u16(0xFFFF).u16(12).u16(0).u8(0).u8(0);
        TypeInfo.write(SqlType.INT, unknownHandle);
        TypeCodec.write(SqlType.INT, 77, unknownHandle);
        call(unknownHandle);
        assertError(8179, "handle 77");

        call(RawClient.headers().longText("p").u16(0).u8(0).u8(0).u8(0xF1)); // an XML parameter
        assertError(50000, "0xF1");

        client.sendBatch("SET X");
        assertThat(client.receive()).isEqualTo(hex(DONE));
    }

    @Test
    void turnsACallByNameIntoAStatement() throws Exception {
        engine.on("EXEC dbo.p @a = @a, @P1 OUTPUT", (batch, out, _) -> {
            out.output("@p1", batch.parameters().getFirst().value());
            out.returnStatus(5);
        });
        WireBuffer call = RawClient.headers().longText("dbo.p").u16(0);
        call.shortText("@a").u8(0);
        TypeInfo.write(SqlType.INT, call);
        TypeCodec.write(SqlType.INT, 7, call);
        call.u8(0).u8(1);
        TypeInfo.write(SqlType.INT, call);
        TypeCodec.write(SqlType.INT, null, call);
        call(call);

        assertThat(client.receive())
                .isEqualTo(hex("7905000000"
                        + "ac0100 03400050003100 01 00000000 0900 2604 0407000000"
                        + "fe000000000000000000000000"));
    }

    @Test
    void preparesExecutesAndForgetsByHandle() throws Exception {
        engine.on("SELECT @a", (batch, out, _) -> {
            out.resultSet(List.of(new Column("a", SqlType.INT)));
            out.row(batch.parameters().getFirst().value());
            out.done();
        });
        WireBuffer prepare = RawClient.headers().u16(0xFFFF).u16(11).u16(0);
        argument(prepare, SqlType.INT, null, 1);
        argument(prepare, SqlType.nvarchar(100), "@a int", 0);
        argument(prepare, SqlType.nvarchar(100), "SELECT @a", 0);
        argument(prepare, SqlType.INT, 1, 0);
        call(prepare);
        assertThat(client.receive())
                .isEqualTo(hex(
                        "7900000000" + "ac0000 00 01 00000000 0900 2604 0401000000" + "fe000000000000000000000000"));

        // tedious looks for its output parameter by the name that it gave.
        WireBuffer named = RawClient.headers().u16(0xFFFF).u16(11).u16(0);
        named.shortText("@handle").u8(1);
        TypeInfo.write(SqlType.INT, named);
        TypeCodec.write(SqlType.INT, null, named);
        argument(named, SqlType.nvarchar(100), "@a int", 0);
        argument(named, SqlType.nvarchar(100), "SELECT @a", 0);
        call(named);
        assertThat(client.receive())
                .isEqualTo(hex("7900000000"
                        + "ac0000 07 4000680061006e0064006c006500 01 00000000 0900 2604 0402000000"
                        + "fe000000000000000000000000"));

        WireBuffer execute = RawClient.headers().u16(0xFFFF).u16(12).u16(0);
        argument(execute, SqlType.INT, 1, 0);
        argument(execute, SqlType.INT, 42, 0);
        call(execute);
        assertThat(client.receive())
                .isEqualTo(hex("810100 00000000 0900 2604 016100" + "d1 042a000000" + "ff1100c1000100000000000000"
                        + "7900000000" + "fe000000000000000000000000"));
        assertThat(engine.batches.getLast().parameters()).containsExactly(new Parameter("@a", SqlType.INT, 42, false));

        WireBuffer unprepare = RawClient.headers().u16(0xFFFF).u16(15).u16(0);
        argument(unprepare, SqlType.INT, 1, 0);
        call(unprepare);
        assertThat(client.receive()).isEqualTo(hex("7900000000" + "fe000000000000000000000000"));

        call(execute);
        assertError(8179, "handle 1");
        client.sendBatch("EXEC sp_unprepare 1;");
        assertError(8179, "handle 1");
    }

    @Test
    void answersEveryCallOfAMessage() throws Exception {
        engine.on("UPDATE a", (_, out, _) -> out.done(1));
        engine.on("UPDATE b", (_, out, _) -> out.message(SqlMessage.error(547, "conflict")));
        WireBuffer calls = RawClient.headers();
        calls.u16(0xFFFF).u16(10).u16(0);
        argument(calls, SqlType.nvarchar(100), "UPDATE a", 0);
        calls.u8(0xFF).u16(0xFFFF).u16(10).u16(0);
        argument(calls, SqlType.nvarchar(100), "UPDATE b", 0);
        call(calls);

        String answer = HexFormat.of().formatHex(client.receive());
        assertThat(answer)
                .startsWith("ff1100c3000100000000000000" + "7900000000" + "fe010000000000000000000000" + "aa")
                .endsWith("7900000000" + "fe020000000000000000000000");
    }

    private static void argument(WireBuffer call, SqlType type, @Nullable Object value, int status) {
        call.u8(0).u8(status);
        TypeInfo.write(type, call);
        TypeCodec.write(type, value, call);
    }

    private void call(WireBuffer call) throws IOException {
        client.send(PacketType.RPC, Message.END_OF_MESSAGE, call.toByteArray());
    }

    private void assertError(int number, String text) throws IOException {
        WireInput answer = new WireInput(client.receive());
        assertThat(answer.u8()).isEqualTo(0xAA);
        answer.u16();
        assertThat(answer.i32()).isEqualTo(number);
        answer.u16();
        assertThat(answer.utf16(answer.u16())).contains(text);
    }
}
