package dev.sluice.catalog;

import java.util.Optional;
import java.util.regex.Pattern;

/// What the key of an object of a backup says: whose it is, and which one.
///
/// @param server   directory of the server
/// @param database directory of the database
/// @param backupId identifier
/// @param stripe   from 1; 0 for the sums of all of them
/// @param segment  from 1; 0 for the one object that others were joined to
public record DataKey(String server, String database, String backupId, int stripe, int segment) {

    private static final String JOINED = "joined";
    private static final Pattern SUMS = Pattern.compile("sums-[0-9a-f]{16}\\.bin");

    /// Empty when it is none of a segment, nor of sums. Numbers are read in any digits: they have followed the
    /// machine's
    /// language once.
    public static Optional<DataKey> parse(String key) {
        String[] path = key.split("/", -1);
        if (path.length != 5 || !path[1].equals("data") || !Ulid.isUlid(path[3])) {
            return Optional.empty();
        }
        if (SUMS.matcher(path[4]).matches()) {
            return Optional.of(new DataKey(path[0], path[2], path[3], 0, 0));
        }
        String[] name = path[4].split("\\.", -1);
        boolean further = name.length == 3;
        if (!name[0].startsWith("stripe-") || !name[name.length - 1].equals("bak") || (!further && name.length != 2)) {
            return Optional.empty();
        }
        int stripe = number(name[0].substring("stripe-".length()));
        int segment = !further ? 1 : name[1].equals(JOINED) ? 0 : number(name[1]);
        return stripe < 1 || segment < 0
                ? Optional.empty()
                : Optional.of(new DataKey(path[0], path[2], path[3], stripe, segment));
    }

    boolean isSums() {
        return stripe == 0;
    }

    /// -1 when it is none.
    private static int number(String digits) {
        if (digits.isEmpty() || digits.length() > 6) {
            return -1;
        }
        int number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = Character.digit(digits.charAt(i), 10);
            if (digit < 0) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }
}
