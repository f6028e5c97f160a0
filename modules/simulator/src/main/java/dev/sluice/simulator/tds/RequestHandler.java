package dev.sluice.simulator.tds;

import dev.sluice.simulator.tds.PreparedStatements.Prepared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers the requests of one session: takes them apart, gives SQL to the engine, and says the rest itself.
///
/// **Threading:** the session's thread.
final class RequestHandler {

    private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);

    private final int sessionId;
    private final SqlSession session;
    private final PacketWriter out;
    private final String server;
    private final PreparedStatements prepared = new PreparedStatements();

    RequestHandler(int sessionId, SqlSession session, PacketWriter out, String server) {
        this.sessionId = sessionId;
        this.session = session;
        this.out = out;
        this.server = server;
    }

    /// Answers one request with one message.
    ///
    /// @return whether the session goes on
    boolean answer(Message request, Cancellation cancellation) throws IOException, InterruptedException {
        TdsResponse response = new TdsResponse(out, server, request.type() != PacketType.RPC);
        try {
            if (request.ignored()) {
                response.endCancelled();
                return true;
            }
            if (!cancellation.requested()) {
                run(request, response, cancellation);
            }
        } catch (ProtocolException e) {
            // The packets were whole, so it is known where the next request begins.
            response.message(malformed(e));
        } catch (InterruptedException e) {
            if (!cancellation.requested()) {
                throw e;
            }
        } finally {
            // The cancelling thread may have interrupted a moment too late; that must not hit the next request.
            cancellation.batchEnded();
            Thread.interrupted();
        }
        return end(response, cancellation);
    }

    private static SqlMessage refusal(String text) {
        return SqlMessage.error(Tokens.NOT_FROM_SQL_SERVER, text);
    }

    private static SqlMessage malformed(ProtocolException e) {
        return refusal("This TDS endpoint cannot read the request: %s.".formatted(e.getMessage()));
    }

    private static boolean end(TdsResponse response, Cancellation cancellation) throws IOException {
        Cancellation.@Nullable Reason reason = cancellation.reason().orElse(null);
        if (response.endedFatally()) {
            return false;
        }
        switch (reason) {
            case null -> response.end();
            case ATTENTION -> response.endCancelled();
            case KILLED -> {
                response.message(SqlMessage.of(
                        596, 21, "Cannot continue the execution because the session is in the kill state."));
                return false;
            }
            case CONNECTION_LOST, SHUTDOWN -> {
                return false;
            }
        }
        return true;
    }

    private void run(Message request, TdsResponse response, Cancellation cancellation)
            throws ProtocolException, InterruptedException {
        if (request.resetsConnection()) {
            session.reset(request.keepsTransaction(), response);
            response.resetDone();
        }
        switch (request.type()) {
            case BATCH -> runBatch(request.body(), response, cancellation);
            case RPC -> runCalls(request.body(), response, cancellation);
            case TRANSACTION_MANAGER -> {} // drivers send it for distributed transactions only; DONE is answer enough
            case BULK_LOAD -> response.message(refusal("This TDS endpoint does not take bulk loads."));
            case UNKNOWN -> response.message(refusal("This TDS endpoint knows no message of this type."));
            case RESPONSE, ATTENTION, LOGIN7, SSPI, PRELOGIN ->
                response.message(refusal("A %s message is out of place in a session.".formatted(request.type())));
        }
    }

    private void runBatch(byte[] body, TdsResponse response, Cancellation cancellation)
            throws ProtocolException, InterruptedException {
        WireInput in = new WireInput(body);
        AllHeaders.skip(in);
        if (in.remaining() % 2 != 0) {
            throw new ProtocolException(
                    String.format(Locale.ROOT, "a batch's text is UTF-16 and has %d bytes", in.remaining()));
        }
        String text = new String(in.bytes(in.remaining()), StandardCharsets.UTF_16LE);
        Optional<List<Integer>> handles = PreparedStatements.handlesGivenBack(text);
        if (handles.isEmpty()) {
            execute(Batch.of(text), 0, response, cancellation);
            return;
        }
        for (int handle : handles.get()) {
            try {
                giveBack(handle);
            } catch (UnsupportedRequestException e) {
                response.message(e.reason());
            }
            response.done();
        }
    }

    private void runCalls(byte[] body, TdsResponse response, Cancellation cancellation) throws InterruptedException {
        List<RpcRequest> calls;
        try {
            calls = RpcRequest.parse(body);
        } catch (UnsupportedRequestException e) {
            response.message(e.reason());
            response.endCall(null, false);
            return;
        } catch (ProtocolException e) {
            response.message(malformed(e));
            response.endCall(null, false);
            return;
        }
        for (int i = 0; i < calls.size() && !cancellation.requested() && !response.endedFatally(); i++) {
            response.beginCall(List.of(), 0);
            TdsResponse.@Nullable Handle handle = null;
            try {
                handle = call(calls.get(i), response, cancellation);
            } catch (UnsupportedRequestException e) {
                response.message(e.reason());
            } catch (ProtocolException e) {
                response.message(malformed(e));
            }
            if (!cancellation.requested()) {
                response.endCall(handle, i + 1 < calls.size());
            }
        }
    }

    /// @return the handle of a statement that the call prepared, or null
    private TdsResponse.@Nullable Handle call(RpcRequest call, TdsResponse response, Cancellation cancellation)
            throws ProtocolException, UnsupportedRequestException, InterruptedException {
        return switch (call.name()) {
            case RpcRequest.EXECUTESQL -> {
                Prepared statement = Prepared.of(call.text(0), call.optionalText(1));
                execute(statement, call, 2, response, cancellation);
                yield null;
            }
            case RpcRequest.PREPARE -> prepare(call, Prepared.of(call.text(2), call.optionalText(1)));
            case RpcRequest.PREPEXEC -> {
                Prepared statement = Prepared.of(call.text(2), call.optionalText(1));
                TdsResponse.Handle handle = prepare(call, statement);
                execute(statement, call, 3, response, cancellation);
                yield handle;
            }
            case RpcRequest.EXECUTE -> {
                Prepared statement = prepared.get(call.number(0));
                execute(statement, call, 1, response, cancellation);
                yield null;
            }
            case RpcRequest.UNPREPARE -> {
                giveBack(call.number(0));
                yield null;
            }
            default -> {
                if (call.isNumbered()) {
                    throw new UnsupportedRequestException(
                            SqlMessage.error(2812, "Could not find stored procedure '%s'.".formatted(call.name())));
                }
                execute(asStatement(call), 0, response, cancellation);
                yield null;
            }
        };
    }

    private TdsResponse.Handle prepare(RpcRequest call, Prepared statement) {
        return new TdsResponse.Handle(call.arguments().getFirst().name(), prepared.add(statement));
    }

    private void giveBack(int handle) throws UnsupportedRequestException {
        prepared.remove(handle);
        log.atDebug()
                .addKeyValue("session", sessionId)
                .addKeyValue("handle", handle)
                .addKeyValue("left", prepared.count())
                .log("prepared statement given back");
    }

    /// `EXEC name @a = @a, @P1 OUTPUT`, which says the same to an engine that knows T-SQL.
    private static Batch asStatement(RpcRequest call) {
        Prepared named = new Prepared("", List.of());
        List<Parameter> parameters = named.withArguments(call.arguments()).parameters();
        List<String> words = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            boolean positional = call.arguments().get(i).name().isEmpty();
            words.add((positional ? "" : parameter.name() + " = ")
                    + parameter.name()
                    + (parameter.output() ? " OUTPUT" : ""));
        }
        String text = "EXEC " + call.name() + (words.isEmpty() ? "" : " " + String.join(", ", words));
        return new Batch(text, parameters);
    }

    /// @param first which argument of the call is the first of the statement's own
    private void execute(
            Prepared statement, RpcRequest call, int first, TdsResponse response, Cancellation cancellation)
            throws InterruptedException {
        execute(statement.withArguments(call.argumentsFrom(first)), first, response, cancellation);
    }

    private void execute(Batch batch, int firstOrdinal, TdsResponse response, Cancellation cancellation)
            throws InterruptedException {
        response.beginCall(batch.parameters(), firstOrdinal);
        try {
            session.execute(batch, response, cancellation);
        } catch (SessionEnded e) {
            if (!response.endedFatally()) {
                throw e;
            }
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("session", sessionId)
                    .setCause(e)
                    .log("the engine failed where it should have answered");
            response.message(refusal("The engine behind this endpoint failed: " + e));
        } catch (StackOverflowError e) {
            // It parses as deep as the text is nested, and the text is the client's.
            response.message(refusal("The batch is nested too deeply for the engine behind this endpoint."));
        }
    }
}
