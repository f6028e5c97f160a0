package dev.sluice.catalog;

import java.util.Optional;
import java.util.regex.Pattern;

/// The parts of a data object's key: server, database, backup, stripe and segment.
///
/// @param server   directory of the server
/// @param database directory of the database
/// @param backupId identifier
/// @param stripe   from 1; 0 for the sums object
/// @param segment  from 1; 0 for the object of a joined stripe
public record DataKey(String server, String database, String backupId, int stripe, int segment) {

    private static final String JOINED = "joined";
    private static final Pattern SUMS = Pattern.compile("sums-[0-9a-f]{16}\\.bin");

    /// Empty when it is neither a segment's key nor a sums object's. Numbers are read in any digits, because early
    /// versions of Sluice wrote them in those of the machine's language.
    public static Optional<DataKey> parse(String key) {
        Optional<String> selfTest = Keys.selfTestOf(key);
        if (selfTest.isPresent()) {
            String directory = selfTest.get();
            return ofServer("_" + key.substring(directory.length()))
                    .map(data -> new DataKey(directory, data.database, data.backupId, data.stripe, data.segment));
        }
        return ofServer(key);
    }

    private static Optional<DataKey> ofServer(String key) {
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

    /// The number, or -1 when the text is not one.
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
