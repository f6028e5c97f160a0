package dev.sluice.sidecar;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/// SIGHUP, through `sun.misc.Signal`, which is exported for lack of a replacement. By reflection: javac warns of the
/// class in a way that no annotation suppresses, and warnings are errors here.
final class Hangup {

    private Hangup() {}

    /// Runs `action` at every SIGHUP, on a thread of its own.
    ///
    /// @return false where there is no such signal
    static boolean handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler invoked = (proxy, method, arguments) -> switch (method.getName()) {
                case "handle" -> {
                    action.run();
                    yield null;
                }
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> "SIGHUP";
            };
            Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, invoked);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), proxy);
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
