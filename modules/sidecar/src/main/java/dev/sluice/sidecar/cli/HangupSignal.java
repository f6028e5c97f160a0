package dev.sluice.sidecar.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/// SIGHUP, through `sun.misc.Signal`, which is exported for lack of a replacement. By reflection: javac warns of the
/// class in a way that no annotation suppresses, and warnings are errors here.
final class HangupSignal {

    private HangupSignal() {}

    /// Runs `action` at every SIGHUP, on a thread of its own.
    ///
    /// @return false where there is no such signal
    static boolean handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler invoked = (_, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    action.run();
                    return null;
                }
                return method.invoke(action, arguments); // what every object has
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
