package dev.sluice.s3;

import java.net.URI;

/// The configuration's choice of a proxy.
public sealed interface ProxyChoice {

    /// System properties and environment variables decide, by the endpoint's scheme and host.
    record OfTheMachine() implements ProxyChoice {}

    /// No proxy; system properties and environment do not count.
    record None() implements ProxyChoice {}

    /// This proxy; system properties and environment do not count. The password does not show in [#toString()].
    ///
    /// @param url `http://[user:password@]host:port`, or with `https`
    record Named(URI url) implements ProxyChoice {
        public Named {
            if (url.getHost() == null) {
                throw new IllegalArgumentException("A proxy must be written as http://host:port");
            }
        }

        @Override
        public String toString() {
            return "Named[%s:%s]".formatted(url.getHost(), url.getPort());
        }
    }
}
