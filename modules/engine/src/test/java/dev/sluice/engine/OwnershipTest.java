package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Whose directory in the bucket it is.
class OwnershipTest {

    private static final Map<String, Object> OWNER =
            Map.of("server_name", "SQL1", "msdb_service_broker_guid", "one", "availability_groups", List.of());

    @Test
    void aServerIsItselfUnderAnotherName() {
        assertThat(Ownership.isSame(OWNER, Map.of("server_name", "SQL9", "msdb_service_broker_guid", "one")))
                .isTrue();
    }

    @Test
    void aNamesakeIsAnother() {
        assertThat(Ownership.isSame(OWNER, Map.of("server_name", "SQL1", "msdb_service_broker_guid", "two")))
                .isFalse();
    }

    @Test
    void withoutABrokerTheNameDecides() {
        assertThat(Ownership.isSame(OWNER, Map.of("server_name", "sql1"))).isTrue();
        assertThat(Ownership.isSame(OWNER, Map.of("server_name", "SQL2"))).isFalse();
    }

    @Test
    void replicasOfOneGroupShareAnIdentity() {
        Map<String, Object> owner = Map.of(
                "server_name", "SQL1", "msdb_service_broker_guid", "one", "availability_groups", List.of("g", "h"));

        assertThat(Ownership.isSame(
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
