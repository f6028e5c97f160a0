package dev.sluice.engine.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.ServerIdentity;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Whose directory in the bucket it is.
class OwnershipTest {

    private static final Map<String, Object> OWNER =
            Map.of("server_name", "SQL1", "msdb_service_broker_guid", "one", "availability_groups", List.of());

    private static boolean isSame(Map<String, Object> owner, Map<String, Object> server) {
        return Ownership.isSame(ServerIdentity.of(owner), ServerIdentity.of(server));
    }

    @Test
    void aServerIsItselfUnderAnotherName() {
        assertThat(isSame(OWNER, Map.of("server_name", "SQL9", "msdb_service_broker_guid", "one")))
                .isTrue();
    }

    @Test
    void aNamesakeIsAnother() {
        assertThat(isSame(OWNER, Map.of("server_name", "SQL1", "msdb_service_broker_guid", "two")))
                .isFalse();
    }

    @Test
    void withoutABrokerTheNameDecides() {
        assertThat(isSame(OWNER, Map.of("server_name", "sql1"))).isTrue();
        assertThat(isSame(OWNER, Map.of("server_name", "SQL2"))).isFalse();
    }

    @Test
    void replicasOfOneGroupShareAnIdentity() {
        Map<String, Object> owner = Map.of(
                "server_name", "SQL1", "msdb_service_broker_guid", "one", "availability_groups", List.of("g", "h"));

        assertThat(isSame(
                        owner,
                        Map.of(
                                "server_name",
                                "SQL2",
                                "msdb_service_broker_guid",
                                "two",
                                "availability_groups",
                                List.of("h"))))
                .isTrue();
    }
}
