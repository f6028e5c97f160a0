package dev.sluice.benchmarks.compare;

import java.net.URI;

/// What one client process is to do.
///
/// @param endpoint http or https, the null server
/// @param bytes    to move, over all stripes
/// @param partSize bytes of a part, or of a ranged GET
/// @param parallel parts on their way at once
/// @param stripes  devices of the set (Sluice only)
/// @param budget   bytes of memory for parts
public record Job(URI endpoint, long bytes, int partSize, int parallel, int stripes, long budget) {
    static final String BUCKET = "bucket";

    static Job parse(String[] args, int from) {
        return new Job(
                URI.create(args[from]),
                Long.parseLong(args[from + 1]),
                Integer.parseInt(args[from + 2]),
                Integer.parseInt(args[from + 3]),
                Integer.parseInt(args[from + 4]),
                Long.parseLong(args[from + 5]));
    }

    String[] arguments() {
        return new String[] {
            endpoint.toString(),
            Long.toString(bytes),
            Integer.toString(partSize),
            Integer.toString(parallel),
            Integer.toString(stripes),
            Long.toString(budget)
        };
    }

    boolean tls() {
        return endpoint.getScheme().equals("https");
    }

    /// The key of an object that the null server makes up, of the job's size.
    String generatedKey() {
        return "generated-" + bytes;
    }
}
