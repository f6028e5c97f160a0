package dev.sluice.s3;

import java.net.URI;

/// How it is decided whether requests go through a proxy.
public sealed interface ProxyChoice {

    /// System properties and environment say, by the endpoint's scheme and host.
    record OfTheMachine() implements ProxyChoice {}

    /// No proxy, whatever they say.
    record None() implements ProxyChoice {}

    /// This one, whatever they say. The password does not show in [#toString()].
    ///
    /// @param url `http://[user:password@]host:port`, or with `https`
    record Named(URI url) implements ProxyChoice {
        public Named {
            if (url.getHost() == null) {
                throw new IllegalArgumentException("A proxy is http://host:port");
            }
        }

        @Override
        public String toString() {
            return "Named[%s:%s]".formatted(url.getHost(), url.getPort());
        }
    }
}
