package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.Content;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What the wire costs: HTTP by hand on Netty, ready-made direct buffers, no signature, no library in between; over
/// https with the fastest TLS that there is.
///
/// With `work` it is the floor: every byte is also copied once and summed up once with CRC32C, by a feeding thread
/// on upload and on the event loop on download, which is the least that a client must do which takes bytes out of
/// a lent buffer and vouches for them.
final class RawNettyClient implements JavaClient {
    private static final int CHUNK = 1 << 20;

    private final boolean work;

    RawNettyClient(boolean work) {
        this.work = work;
    }

    @Override
    public void upload(Job job) throws Exception {
        ByteBuffer pattern = Content.pattern();
        BlockingQueue<ByteBuffer> filled = new ArrayBlockingQueue<>(job.parallel());
        BlockingQueue<ByteBuffer> empty = new ArrayBlockingQueue<>(2 * job.parallel());
        for (int i = 0; i < 2 * job.parallel(); i++) {
            empty.add(
                    work ? ByteBuffer.allocateDirect(job.partSize()) : slice(pattern, (long) i * job.partSize(), job));
        }
        Thread feeder = Thread.ofPlatform().daemon().start(() -> feed(job, pattern, empty, filled));
        run(job, channel -> new Uploader(channel, filled, empty));
        feeder.join();
    }

    private static ByteBuffer slice(ByteBuffer pattern, long from, Job job) {
        return pattern.slice((int) (from % (Content.PERIOD - job.partSize() + 1)), job.partSize());
    }

    private void feed(Job job, ByteBuffer pattern, BlockingQueue<ByteBuffer> empty, BlockingQueue<ByteBuffer> filled) {
        CRC32C crc = new CRC32C();
        int piece = 32 * 1024; // stays in the cache between the copy and the sum
        try {
            for (long sent = 0; sent < job.bytes(); sent += job.partSize()) {
                ByteBuffer part = empty.take().clear();
                if (work) {
                    crc.reset();
                    for (int at = 0; at < part.capacity(); at += piece) {
                        part.clear().put(at, pattern, (int) ((sent + at) % Content.PERIOD), piece);
                        crc.update(part.limit(at + piece).position(at));
                    }
                }
                filled.put(part.clear());
            }
            for (int i = 0; i < job.parallel(); i++) {
                filled.put(ByteBuffer.allocate(0));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void download(Job job) throws Exception {
        BlockingQueue<Long> offsets = new ArrayBlockingQueue<>((int) (job.bytes() / job.partSize() + 1));
        for (long offset = 0; offset < job.bytes(); offset += job.partSize()) {
            offsets.add(offset);
        }
        run(job, channel -> new Downloader(channel, job, offsets, work));
    }

    private interface Handlers {
        Connection connect(Channel channel);
    }

    private static void run(Job job, Handlers handlers) throws Exception {
        EventLoopGroup loops = new NioEventLoopGroup(Runtime.getRuntime().availableProcessors());
        @Nullable
        SslContext tls = job.tls()
                ? SslContextBuilder.forClient()
                        .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                        .build()
                : null;
        CountDownLatch done = new CountDownLatch(job.parallel());
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(CHUNK, 2 * CHUNK))
                .option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(256 * 1024))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline()
                                    .addLast(tls.newHandler(
                                            channel.alloc(),
                                            job.endpoint().getHost(),
                                            job.endpoint().getPort()));
                        }
                        Connection connection = handlers.connect(channel);
                        connection.ended = problem -> {
                            failure.compareAndSet(null, problem);
                            done.countDown();
                        };
                        channel.pipeline().addLast(connection);
                    }
                });
        List<Channel> channels = new ArrayList<>();
        for (int i = 0; i < job.parallel(); i++) {
            channels.add(bootstrap
                    .connect(job.endpoint().getHost(), job.endpoint().getPort())
                    .sync()
                    .channel());
        }
        done.await();
        for (Channel channel : channels) {
            var _ = channel.close();
        }
        var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
    }

    private interface Ended {
        void with(@Nullable Throwable problem);
    }

    private abstract static class Connection extends ChannelInboundHandlerAdapter {
        final Channel channel;
        Ended ended = _ -> {};
        private boolean over;

        Connection(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) throws Exception {
            next();
        }

        abstract void next() throws Exception;

        void end(@Nullable Throwable problem) {
            if (!over) {
                over = true;
                ended.with(problem);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            end(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            end(new IllegalStateException("the connection was closed"));
        }

        ByteBuf ascii(String text) {
            return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
        }
    }

    /// Writes a chunk whenever the connection has room for one.
    private static final class Uploader extends Connection {
        private final BlockingQueue<ByteBuffer> filled;
        private final BlockingQueue<ByteBuffer> empty;
        private ByteBuffer part = ByteBuffer.allocate(0);
        private int parts;

        Uploader(Channel channel, BlockingQueue<ByteBuffer> filled, BlockingQueue<ByteBuffer> empty) {
            super(channel);
            this.filled = filled;
            this.empty = empty;
        }

        @Override
        void next() throws InterruptedException {
            ByteBuffer ready = filled.poll();
            if (ready == null) {
                // Never a wait on the event loop: another connection may need it.
                var _ = channel.eventLoop()
                        .schedule(
                                () -> {
                                    try {
                                        next();
                                    } catch (InterruptedException e) {
                                        end(e);
                                    }
                                },
                                200,
                                TimeUnit.MICROSECONDS);
                return;
            }
            if (!ready.hasRemaining()) {
                end(null);
                return;
            }
            part = ready;
            var _ = channel.write(ascii(String.format(
                    Locale.ROOT,
                    "PUT /%s/raw-%s-%d HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n",
                    Job.BUCKET,
                    channel.id(),
                    ++parts,
                    part.remaining())));
            send();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            send();
        }

        private void send() {
            while (part.hasRemaining() && channel.isWritable()) {
                int count = Math.min(CHUNK, part.remaining());
                ByteBuffer chunk = part.slice(part.position(), count);
                part.position(part.position() + count);
                var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(chunk))
                        .addListener(ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE);
            }
        }

        /// The answer to a PUT is a head without a body, and small enough to come in one piece.
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            ByteBuf answer = (ByteBuf) message;
            boolean good = answer.toString(StandardCharsets.US_ASCII).startsWith("HTTP/1.1 200");
            answer.release();
            if (!good) {
                end(new IllegalStateException("the server refused a part"));
                return;
            }
            empty.put(part);
            next();
        }
    }

    private static final class Downloader extends Connection {
        private final Job job;
        private final BlockingQueue<Long> offsets;
        private final boolean work;
        private final CRC32C crc = new CRC32C();
        private final ByteBuffer target;
        private long left;
        private boolean inHead;

        Downloader(Channel channel, Job job, BlockingQueue<Long> offsets, boolean work) {
            super(channel);
            this.job = job;
            this.offsets = offsets;
            this.work = work;
            this.target = ByteBuffer.allocateDirect(work ? job.partSize() : 0);
        }

        @Override
        void next() {
            Long offset = offsets.poll();
            if (offset == null) {
                end(null);
                return;
            }
            left = Math.min(job.partSize(), job.bytes() - offset);
            inHead = true;
            crc.reset();
            target.clear();
            var _ = channel.writeAndFlush(ascii(String.format(
                    Locale.ROOT,
                    "GET /%s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=%d-%d\r\n\r\n",
                    Job.BUCKET,
                    job.generatedKey(),
                    offset,
                    offset + left - 1)));
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            if (inHead) {
                inHead = false; // the server writes a head in one piece
                int end = bytes.toString(StandardCharsets.US_ASCII).indexOf("\r\n\r\n");
                bytes.skipBytes(end + 4);
            }
            left -= bytes.readableBytes();
            if (work && bytes.isReadable()) {
                for (ByteBuffer piece : bytes.nioBuffers()) {
                    int from = target.position();
                    target.put(piece);
                    int to = target.position();
                    crc.update(target.limit(to).position(from));
                    target.limit(target.capacity()).position(to);
                }
            }
            bytes.release();
            if (left == 0) {
                next();
            }
        }
    }
}
