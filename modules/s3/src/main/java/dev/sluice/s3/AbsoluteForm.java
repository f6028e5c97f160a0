package dev.sluice.s3;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// Writes requests for a proxy that forwards them: with the whole URL where a server gets a path (RFC 9112, 3.2.2).
///
/// The SDK's client knows only tunnels (CONNECT), and most proxies allow those to port 443 alone. The signature
/// stays valid: the Host header names the server, and signatures cover path and query without scheme and host.
///
/// One for each connection.
final class AbsoluteForm extends ChannelOutboundHandlerAdapter {

    /// Puts the handler between the SDK's own and the encoder, which is there when the connection is made.
    static final class Installer extends ChannelOutboundHandlerAdapter {
        @Override
        public void connect(
                ChannelHandlerContext context, SocketAddress to, @Nullable SocketAddress from, ChannelPromise promise) {
            ChannelHandlerContext codec = context.pipeline().context(HttpClientCodec.class);
            if (codec == null) {
                throw new IllegalStateException("no HTTP codec in the connection to the proxy");
            }
            context.pipeline().addAfter(codec.name(), null, new AbsoluteForm());
            var _ = context.connect(to, from, promise);
            context.pipeline().remove(this);
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpRequest request && request.uri().startsWith("/")) {
            request.setUri("http://" + request.headers().get(HttpHeaderNames.HOST) + request.uri());
        }
        var _ = context.write(message, promise);
    }
}
