package dev.sluice.s3;

/// Requests through tinyproxy.
class TinyproxyTest extends ForwardProxyContract {

    TinyproxyTest() {
        super(new ProxyProgram.Tinyproxy());
    }
}
