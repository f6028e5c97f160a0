package dev.sluice.s3;

/// Requests through squid, with its helper for basic authentication.
class SquidTest extends ForwardProxyContract {

    SquidTest() {
        super(new ProxyProgram.Squid());
    }
}
