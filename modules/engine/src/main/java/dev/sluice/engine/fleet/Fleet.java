package dev.sluice.engine.fleet;

import dev.sluice.catalog.SummaryDocument.Condition;
import java.time.Instant;
import java.util.List;

/// The servers below one prefix, as their sidecars tell of them.
///
/// @param at      when it was read, by the bucket's clock
/// @param servers the worst first
public record Fleet(Instant at, List<FleetServer> servers) {

    public Fleet {
        servers = servers.stream().sorted(FleetServer.WORST_FIRST).toList();
    }

    /// How many servers are in this condition.
    public long count(Condition condition) {
        return servers.stream()
                .filter(server -> server.condition() == condition)
                .count();
    }

    /// How many databases are in this condition, by what the servers say.
    public long databases(Condition condition) {
        return servers.stream().mapToLong(server -> server.count(condition)).sum();
    }

    /// Whether there are servers, and every one of them is well. That nothing was found says nothing good: the prefix
    /// may be another one.
    public boolean isWell() {
        return !servers.isEmpty() && count(Condition.WELL) == servers.size();
    }
}
