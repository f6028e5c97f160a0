package dev.sluice.sidecar.init;

import java.security.SecureRandom;

/// A password that no person has to remember.
public final class GeneratedPassword {

    /// Nothing that a shell, YAML, sqlcmd or T-SQL takes for more than a character, or a person for another
    /// one.
    private static final String[] KINDS = {"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "-_.+"};

    private static final int LENGTH = 32;

    private GeneratedPassword() {}

    /// 32 characters. Each of the four kinds that Windows' rules for passwords count stands in it.
    public static String next() {
        SecureRandom random = new SecureRandom();
        String all = String.join("", KINDS);
        StringBuilder password = new StringBuilder();
        for (String kind : KINDS) {
            password.append(kind.charAt(random.nextInt(kind.length())));
        }
        while (password.length() < LENGTH) {
            password.append(all.charAt(random.nextInt(all.length())));
        }
        for (int last = LENGTH - 1; last > 0; last--) {
            int other = random.nextInt(last + 1);
            char moved = password.charAt(last);
            password.setCharAt(last, password.charAt(other));
            password.setCharAt(other, moved);
        }
        return password.toString();
    }
}
