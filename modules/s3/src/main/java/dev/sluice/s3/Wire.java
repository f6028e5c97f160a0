package dev.sluice.s3;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;

/// The event loops and connections under the SDK's client, watched for one purpose: to know when none of
/// them reads a buffer any more that an abandoned request was sending.
///
/// A cancelled future completes at once, while its connection may still be writing; the SDK has no signal for the
/// end of that. It closes the connection by a task on the connection's event loop, handed over before `cancel`
/// returns. So a task that is handed to every loop afterwards runs after the closing. As a second line, that task
/// looks at each connection of its loop: as long as one is open and has bytes to send, it may be the one, and is
/// waited for.
///
/// Before asking, the body that was sent must be shut, so that no bytes of it enter a connection later.
///
/// Over TLS, the encrypted copy is what waits in a connection, so that looking there is more than is needed.
final class Wire implements AutoCloseable {
    private static final long LOOK_AGAIN_MILLIS = 20;

    private final EventLoopGroup loops;
    private final Set<Channel> channels = ConcurrentHashMap.newKeySet();
    private final SdkEventLoopGroup sdkGroup;
    private final boolean forwarding;
    private final int slice;
    private final DirectBodies bodies;

    /// Completes when the loops are down: they drop what was to run a moment later, looks included.
    private final Sinks.Empty<Void> down = Sinks.empty();

    /// @param forwarding whether connections lead to a proxy that passes requests on
    /// @param slice      bytes of a body that are sent in one piece
    Wire(int threads, boolean forwarding, int slice, DirectBodies bodies) {
        this.forwarding = forwarding;
        this.slice = slice;
        this.bodies = bodies;
        this.loops = new NioEventLoopGroup(threads, new DefaultThreadFactory("sluice-s3", true));
        this.sdkGroup = SdkEventLoopGroup.create(loops, this::open);
    }

    SdkEventLoopGroup sdkGroup() {
        return sdkGroup;
    }

    int slice() {
        return slice;
    }

    int openConnections() {
        return channels.size();
    }

    /// Completes when every connection that may carry bytes of a shut body has sent or dropped them. Never fails.
    Mono<Void> quiet() {
        return Flux.fromIterable(loops)
                .flatMap(loop -> Mono.<Void>create(sink -> submit(loop, sink)), Integer.MAX_VALUE)
                .then()
                .or(down.asMono());
    }

    private Channel open() {
        Channel channel = new NioSocketChannel();
        channel.pipeline().addFirst(new WideChunks(bodies));
        if (forwarding) {
            // Behind the other one, which replaces the codec.
            channel.pipeline().addLast(new AbsoluteForm.Installer());
        }
        channels.add(channel);
        channel.closeFuture().addListener(_ -> channels.remove(channel));
        return channel;
    }

    private void submit(EventExecutor loop, MonoSink<Void> sink) {
        try {
            loop.execute(() -> look(loop, busy(loop), sink));
        } catch (RejectedExecutionException _) {
            sink.success(); // the loops are down, and their connections with them
        }
    }

    private Set<Channel> busy(EventExecutor loop) {
        Set<Channel> busy = ConcurrentHashMap.newKeySet();
        for (Channel channel : channels) {
            if (channel.isRegistered() && channel.eventLoop().equals(loop) && sending(channel)) {
                busy.add(channel);
            }
        }
        return busy;
    }

    /// A connection that was seen idle once has sent all that it had when we began to look.
    private static void look(EventExecutor loop, Set<Channel> busy, MonoSink<Void> sink) {
        busy.removeIf(channel -> !sending(channel));
        if (busy.isEmpty()) {
            sink.success();
            return;
        }
        try {
            var _ = loop.schedule(() -> look(loop, busy, sink), LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException _) {
            sink.success();
        }
    }

    private static boolean sending(Channel channel) {
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        return channel.isOpen() && outbound != null && !outbound.isEmpty();
    }

    /// Closes what is still open and ends the threads.
    @Override
    public void close() {
        for (Channel channel : channels) {
            var _ = channel.close();
        }
        // The SDK's pools hand their last tasks to the loops after they were told to close: hence a moment of quiet
        // first.
        var _ = loops.shutdownGracefully(25, 5_000, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(Duration.ofSeconds(10).toMillis());
        down.tryEmitEmpty();
    }
}
