package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.ServerIdentity;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Whose a database is that the bucket has backups of and the server does not have.
class BucketBackupsTest {

    private static ServerIdentity server(String name, @Nullable String broker, String... groups) {
        return new ServerIdentity(name, name, broker, List.of(groups));
    }

    @Test
    void aServerOutsideOfGroupsHasDroppedItUnderWhicheverNameItTookTheBackup() {
        ServerIdentity server = server("A", "1");

        assertThat(BucketBackups.isOf(server, server, server)).isTrue();
        assertThat(BucketBackups.isOf(server, server, null)).isTrue();
        assertThat(BucketBackups.isOf(server, server("OLD-NAME", "1"), server("OLD-NAME", "1")))
                .isTrue();
        assertThat(BucketBackups.isOf(server, server, server("B", "2")))
                .as("rebuilt, or restored from another server's directory")
                .isTrue();
    }

    /// Another replica has it, or had it last.
    @Test
    void aReplicaHasDroppedWhatItTookLastItself() {
        ServerIdentity server = server("A", "1", "group");
        ServerIdentity other = server("B", "2", "group");

        assertThat(BucketBackups.isOf(server, other, server("A", "1"))).isTrue();
        assertThat(BucketBackups.isOf(server, other, server("B", "2"))).isFalse();
        assertThat(BucketBackups.isOf(server, other, null)).isFalse();
    }

    @Test
    void aServerWhoseIdentityIsAnothersHasDroppedNothing() {
        assertThat(BucketBackups.isOf(server("A", "1"), server("B", "2"), server("A", "1")))
                .isFalse();
        assertThat(BucketBackups.isOf(server("A", "1", "one"), server("B", "2", "two"), server("A", "1")))
                .isFalse();
    }
}
