package dev.sluice.s3;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectDecoder;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// Lets the bodies of answers through in pieces as they come from the socket, and to their receivers directly.
///
/// The SDK sets its connections up with a decoder that cuts bodies into pieces of 8 KiB, and each piece costs a trip
/// through all of its handlers, a copy on the heap and an `onNext`. Before the connection is made, that decoder is
/// replaced by one with [#CHUNK], and [DirectBodies] follows it. Through a tunnel the SDK adds its decoder only later;
/// then the pieces stay small and are copied, which is slower and otherwise the same.
///
/// Not when the connection stands: with one event loop, as on a machine with one processor, the SDK may have written a
/// request's head by then.
///
/// One for each connection.
final class WideChunks extends ChannelOutboundHandlerAdapter {
    /// The most that one read of the socket takes, and one piece of a body has.
    static final int CHUNK = 128 * 1024;

    private static final int LINE = HttpObjectDecoder.DEFAULT_MAX_INITIAL_LINE_LENGTH;
    private static final int HEADERS = HttpObjectDecoder.DEFAULT_MAX_HEADER_SIZE;

    private final DirectBodies bodies;

    WideChunks(DirectBodies bodies) {
        this.bodies = bodies;
    }

    /// Small while answers are small.
    static RecvByteBufAllocator reads() {
        return new AdaptiveRecvByteBufAllocator(1024, 4096, CHUNK);
    }

    @Override
    public void connect(
            ChannelHandlerContext context, SocketAddress to, @Nullable SocketAddress from, ChannelPromise promise) {
        ChannelPipeline pipeline = context.pipeline();
        if (pipeline.get(HttpClientCodec.class) != null) {
            pipeline.replace(HttpClientCodec.class, null, new HttpClientCodec(LINE, HEADERS, CHUNK));
            pipeline.addAfter(pipeline.context(HttpClientCodec.class).name(), null, bodies.handler());
        }
        var _ = context.connect(to, from, promise);
        pipeline.remove(this);
    }
}
