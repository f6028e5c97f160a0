package dev.sluice.s3;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// Gives the bodies of downloads to their receivers in the buffers that were read from the socket.
///
/// The SDK copies each piece of a body into a new array on the heap before it hands it out. Here a receiver gets the
/// piece first, in the connection's own handler, and the SDK sees an answer without a body. What finds the receiver of
/// an answer is the id that the SDK gives to each call, and sends along (`amz-sdk-invocation-id`).
///
/// Only an answer with status 206 takes this way. All others, errors among them, come through the SDK, and so do
/// bodies on connections through a tunnel, whose codec the SDK sets up later. So a caller must be able to receive on
/// either way.
///
/// **Threading:** a receiver is called on the connection's event loop, after the transformer's `onResponse` and before
/// its stream completes.
final class DirectBodies implements ExecutionInterceptor {
    private static final ExecutionAttribute<Consumer<ByteBuffer>> RECEIVER =
            new ExecutionAttribute<>("SluiceDirectBody");
    private static final String CALL_ID = "amz-sdk-invocation-id";

    /// Of calls whose request was not written yet.
    private final Map<String, Consumer<ByteBuffer>> expected = new ConcurrentHashMap<>();

    /// Calls GetObject.
    ///
    /// **Errors:** those of the SDK. The SDK does not see the length of a body that goes past it, so a connection
    /// that ends within one is an [IOException]; so is a receiver's exception.
    ///
    /// @param receiver gets each piece, which is valid during the call only. When it throws an exception, the
    ///                 connection is closed
    <T> Mono<T> get(
            S3AsyncClient client,
            GetObjectRequest request,
            AsyncResponseTransformer<GetObjectResponse, T> transformer,
            Consumer<ByteBuffer> receiver) {
        GetObjectRequest marked = request.toBuilder()
                .overrideConfiguration(override -> override.putExecutionAttribute(RECEIVER, receiver))
                .build();
        return Mono.fromFuture(() -> client.getObject(marked, transformer))
                .doOnTerminate(() -> expected.values().remove(receiver))
                .doOnCancel(() -> expected.values().remove(receiver));
    }

    @Override
    public void beforeTransmission(Context.BeforeTransmission call, ExecutionAttributes attributes) {
        Consumer<ByteBuffer> receiver = attributes.getAttribute(RECEIVER);
        if (receiver != null) {
            call.httpRequest().firstMatchingHeader(CALL_ID).ifPresent(id -> expected.put(id, receiver));
        }
    }

    /// Calls whose request was not written yet, for tests.
    int waiting() {
        return expected.size();
    }

    /// One for each connection, next to its codec.
    Handler handler() {
        return new Handler();
    }

    /// What comes next on a connection.
    private sealed interface Answer {
        /// An answer that the SDK receives.
        record Ordinary() implements Answer {}

        /// The head of an answer whose body has a receiver.
        record Expected(Consumer<ByteBuffer> receiver) implements Answer {}

        /// The body of that answer.
        record Direct(Consumer<ByteBuffer> receiver) implements Answer {}

        /// The rest of a body that its receiver has refused: the connection is being closed.
        record Refused() implements Answer {}
    }

    /// Belongs to one connection, and runs on its event loop.
    final class Handler extends ChannelDuplexHandler {
        private Answer answer = new Answer.Ordinary();

        /// Whether the SDK saw nothing of what came, and so does not know that it must ask for more.
        private boolean withheld;

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof HttpRequest request) {
                String id = request.headers().get(CALL_ID);
                Consumer<ByteBuffer> receiver = id == null ? null : expected.remove(id);
                answer = receiver == null ? new Answer.Ordinary() : new Answer.Expected(receiver);
            }
            var _ = context.write(message, promise);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            switch (answer) {
                case Answer.Expected(var receiver)
                when message instanceof HttpResponse head -> {
                    if (head.status().code() == HttpResponseStatus.PARTIAL_CONTENT.code()) {
                        answer = new Answer.Direct(receiver);
                        // The SDK would miss the bytes. The receiver's owner counts them.
                        head.headers().remove(HttpHeaderNames.CONTENT_LENGTH);
                    } else if (head.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
                        answer = new Answer.Ordinary();
                    }
                    context.fireChannelRead(head);
                }
                case Answer.Direct(var receiver)
                when message instanceof HttpContent content
                        && content.decoderResult().isSuccess() -> receive(context, receiver, content);
                case Answer.Refused _ -> ReferenceCountUtil.release(message);
                default -> context.fireChannelRead(message);
            }
        }

        private void receive(ChannelHandlerContext context, Consumer<ByteBuffer> receiver, HttpContent content) {
            @Nullable LastHttpContent end = null;
            try {
                ByteBuf bytes = content.content();
                if (bytes.isReadable()) {
                    for (ByteBuffer piece : bytes.nioBuffers()) {
                        receiver.accept(piece);
                    }
                }
                if (content instanceof LastHttpContent last) {
                    answer = new Answer.Ordinary();
                    end = new DefaultLastHttpContent();
                    end.trailingHeaders().set(last.trailingHeaders());
                } else {
                    withheld = true;
                }
            } catch (RuntimeException | Error e) {
                answer = new Answer.Refused();
                context.fireExceptionCaught(new IOException("The body was refused: " + e.getMessage(), e));
                var _ = context.close();
            } finally {
                content.release();
            }
            if (end != null) {
                context.fireChannelRead(end);
            }
        }

        /// Without a length the SDK would take the end of the connection for the end of the body.
        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (answer instanceof Answer.Direct) {
                answer = new Answer.Refused();
                context.fireExceptionCaught(new IOException("The connection was closed within the body"));
            }
            context.fireChannelInactive();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.fireChannelReadComplete();
            if (withheld) {
                withheld = false;
                context.read();
            }
        }
    }
}
