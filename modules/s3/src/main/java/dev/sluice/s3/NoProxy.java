package dev.sluice.s3;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The hosts that are reached without a proxy, as `NO_PROXY` lists them.
///
/// There is no standard for the variable; these are the meanings that curl, Go and Python share or that one of
/// them adds without contradicting another: `*` is every host; a name is itself and every name below it, with
/// or without a dot or `*.` in front; an address is itself; `10.0.0.0/8` is a block of addresses; a port at the
/// end limits an entry to that port. Case does not count, and entries are parted by commas or blanks. Names are
/// never looked up: a block of addresses says nothing about a host that is given by name.
final class NoProxy {
    private static final Pattern PARTING = Pattern.compile("[,\\s]+");
    private static final Pattern DIGITS_AND_DOTS = Pattern.compile("[0-9]+(\\.[0-9]+){3}");
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
    private static final int ANY_PORT = -1;

    /// @param host    empty in an entry that is an address
    /// @param address null in an entry that is a name
    /// @param bits    of the address that count
    private record Entry(String host, @Nullable InetAddress address, int bits, int port) {}

    private final boolean everything;
    private final List<Entry> entries = new ArrayList<>();

    NoProxy(String list) {
        boolean all = false;
        for (String text : PARTING.split(list.trim(), -1)) {
            all |= text.equals("*");
            if (!text.isEmpty()) {
                entries.add(entry(text.toLowerCase(Locale.ROOT)));
            }
        }
        everything = all;
    }

    private static Entry entry(String text) {
        int slash = text.indexOf('/');
        if (slash > 0 && PORT.matcher(text.substring(slash + 1)).matches()) {
            InetAddress address = address(unbracketed(text.substring(0, slash)));
            int bits = Integer.parseInt(text.substring(slash + 1));
            if (address != null && bits <= length(address)) {
                return new Entry("", address, bits, ANY_PORT);
            }
        }
        String host = text;
        int port = ANY_PORT;
        int colon = text.lastIndexOf(':');
        boolean lonely = colon > 0 && (text.indexOf(':') == colon || text.charAt(colon - 1) == ']');
        if (lonely && PORT.matcher(text.substring(colon + 1)).matches()) {
            host = text.substring(0, colon);
            port = Integer.parseInt(text.substring(colon + 1));
        }
        InetAddress address = address(unbracketed(host));
        return address == null
                ? new Entry(name(host.startsWith("*.") ? host.substring(1) : host), null, 0, port)
                : new Entry("", address, length(address), port);
    }

    /// Without the dots around it: one in front means the same as none, and one at the end only that it is
    /// complete.
    private static String name(String host) {
        String from = host.startsWith(".") ? host.substring(1) : host;
        return from.endsWith(".") ? from.substring(0, from.length() - 1) : from;
    }

    /// @param host a name, or an address with or without brackets
    /// @param port that will be connected to
    boolean matches(String host, int port) {
        if (everything) {
            return true;
        }
        String wanted = name(unbracketed(host.toLowerCase(Locale.ROOT)));
        InetAddress address = address(wanted);
        return entries.stream()
                .filter(entry -> entry.port == ANY_PORT || entry.port == port)
                .anyMatch(entry -> entry.address == null
                        ? !entry.host.isEmpty() && (wanted.equals(entry.host) || wanted.endsWith("." + entry.host))
                        : address != null && within(address.getAddress(), entry.address.getAddress(), entry.bits));
    }

    private static boolean within(byte[] address, byte[] block, int bits) {
        if (address.length != block.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % 8);
            if ((address[bit / 8] & mask) != (block[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    private static int length(InetAddress address) {
        return 8 * address.getAddress().length;
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /// Null for text that is not an address.
    private static @Nullable InetAddress address(String host) {
        if (host.indexOf(':') < 0 && !DIGITS_AND_DOTS.matcher(host).matches()) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
