package dev.sluice.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The proxy that requests go through, by the machine's settings and the configuration.
class ProxyRouteTest {

    private static ProxyRoute route(String server, Map<String, String> environment) {
        return ProxyRoute.to(URI.create(server), new ProxyChoice.OfTheMachine(), environment::get, _ -> null);
    }

    private static Map<String, String> parsed(String variables) {
        Map<String, String> environment = new HashMap<>();
        for (String variable : variables.split(";", -1)) {
            int sign = variable.indexOf('=');
            if (sign > 0) {
                environment.put(variable.substring(0, sign), variable.substring(sign + 1));
            }
        }
        return environment;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    https://s3.example.org | https_proxy=http://p:1 | http://p:1
                    https://s3.example.org | HTTPS_PROXY=http://p:1 | http://p:1
                    https://s3.example.org | HTTP_PROXY=http://p:1 |
                    http://s3.example.org  | HTTPS_PROXY=http://p:1 |
                    http://s3.example.org  | http_proxy=http://p:1;https_proxy=http://q:2 | http://p:1
                    https://s3.example.org | HTTP_PROXY=http://p:1;HTTPS_PROXY=http://q:2 | http://q:2
                    https://s3.example.org | https_proxy=http://p:1;HTTPS_PROXY=http://q:2 | http://p:1
                    https://s3.example.org | https_proxy=;HTTPS_PROXY=http://q:2 | http://q:2
                    https://s3.example.org | all_proxy=http://p:1 | http://p:1
                    http://s3.example.org  | ALL_PROXY=http://p:1 | http://p:1
                    https://s3.example.org | ALL_PROXY=http://p:1;https_proxy=http://q:2 | http://q:2
                    https://s3.example.org | https_proxy=p:1 | http://p:1
                    https://s3.example.org | https_proxy=https://p | https://p:443
                    https://s3.example.org | https_proxy=http://p/ | http://p:80
                    https://s3.example.org | https_proxy=http://[::1]:3128 | http://[::1]:3128
                    https://s3.example.org | https_proxy=http://me:a@b/c%40@p:1 | http://p:1
                    https://s3.example.org | |
                    """)
    void theVariableOfTheEndpointsSchemeCounts(String server, String environment, String expected) {
        ForwardProxy proxy =
                route(server, parsed(environment == null ? "" : environment)).proxy();

        assertThat(proxy == null ? null : proxy.toString()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    *                          | s3.example.org         | true
                    s3.example.org             | s3.example.org         | true
                    S3.Example.ORG             | s3.example.org         | true
                    s3.example.org             | S3.EXAMPLE.org         | true
                    example.org                | s3.example.org         | true
                    .example.org               | s3.example.org         | true
                    .example.org               | example.org            | true
                    *.example.org              | s3.example.org         | true
                    example.org.               | s3.example.org         | true
                    ample.org                  | s3.example.org         | false
                    s3.example                 | s3.example.org         | false
                    example.com,example.org    | s3.example.org         | true
                    'example.com, example.org' | s3.example.org         | true
                    'example.com example.org'  | s3.example.org         | true
                    ',,'                       | s3.example.org         | false
                    s3.example.org:443         | s3.example.org         | true
                    s3.example.org:9000        | s3.example.org         | false
                    s3.example.org:9000        | s3.example.org:9000    | true
                    .example.org:9000          | s3.example.org:9000    | true
                    10.1.2.3                   | 10.1.2.3               | true
                    10.1.2.3                   | 10.1.2.30              | false
                    10.1.2.3:9000              | 10.1.2.3:9000          | true
                    10.1.2.3:9000              | 10.1.2.3:9001          | false
                    10.0.0.0/8                 | 10.200.3.4:9000        | true
                    10.0.0.0/8                 | 11.0.0.1               | false
                    10.1.2.128/25              | 10.1.2.129             | true
                    10.1.2.128/25              | 10.1.2.127             | false
                    0.0.0.0/0                  | 10.1.2.127             | true
                    10.0.0.0/8                 | s3.example.org         | false
                    10.0.0.0/33                | 10.1.2.3               | false
                    ::1                        | [::1]                  | true
                    [::1]                      | [::1]:9000             | true
                    [::1]:9000                 | [::1]:9000             | true
                    [::1]:9000                 | [::1]:9001             | false
                    fd00::/8                   | [fd12:3456::1]         | true
                    fd00::/8                   | [fe80::1]              | false
                    0:0:0:0:0:0:0:1            | [::1]                  | true
                    localhost                  | localhost:9000         | true
                    """)
    void whatIsReachedWithoutAProxyIsListedInTheUsualForms(String list, String server, boolean direct) {
        for (String name : new String[] {"no_proxy", "NO_PROXY"}) {
            ProxyRoute route = route("https://" + server, Map.of("https_proxy", "http://p:1", name, list));

            assertThat(route.proxy() == null).isEqualTo(direct);
            assertThat(route.why()).contains(direct ? name : "https_proxy in the environment");
        }
    }

    @Test
    void theConfigurationGoesBeforeTheMachine() {
        Map<String, String> environment = Map.of("https_proxy", "http://p:1", "no_proxy", "*");
        URI server = URI.create("https://s3.example.org");

        ProxyRoute none = ProxyRoute.to(server, new ProxyChoice.None(), environment::get, environment::get);
        ProxyRoute named = ProxyRoute.to(
                server, new ProxyChoice.Named(URI.create("http://me:se%40cret@q")), environment::get, environment::get);

        assertThat(none.proxy()).isNull();
        assertThat(none.why()).contains("store.proxy");
        assertThat(named.proxy()).hasToString("http://q:3128");
        assertThat(named.proxy().user()).isEqualTo("me");
        assertThat(named.proxy().password()).isEqualTo("se@cret");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    https://s3.example.org | https.proxyHost=p;https.proxyPort=8080 | http://p:8080
                    https://s3.example.org | https.proxyHost=p | http://p:443
                    http://s3.example.org  | http.proxyHost=p | http://p:80
                    https://s3.example.org | http.proxyHost=p | http://environment:1
                    https://s3.example.org | https.proxyHost=p;http.nonProxyHosts=localhost;x=y | http://p:443
                    https://s3.example.org | https.proxyHost=p;http.nonProxyHosts=*.Example.org |
                    """)
    void systemPropertiesGoBeforeTheEnvironment(String server, String properties, String expected) {
        Map<String, String> given = parsed(properties);
        Map<String, String> environment = Map.of("https_proxy", "http://environment:1");

        ForwardProxy proxy = ProxyRoute.to(
                        URI.create(server), new ProxyChoice.OfTheMachine(), environment::get, given::get)
                .proxy();

        assertThat(proxy == null ? null : proxy.toString()).isEqualTo(expected);
    }

    @Test
    void aProxyThatCannotBeUsedIsRefusedWithoutItsPassword() {
        for (String value :
                new String[] {"socks5://me:se:cret@p:1080", "http://me:se:cret@p:99999", "http://me:se:cret@"}) {
            assertThatThrownBy(() -> route("https://s3.example.org", Map.of("ALL_PROXY", value)))
                    .isInstanceOf(UnusableProxyException.class)
                    .hasMessageContaining("ALL_PROXY in the environment")
                    .hasMessageNotContaining("cret");
        }
    }

    @Test
    void theBucketsOwnHostDecidesAboutTheProxy() {
        StoreConfig amazon = new StoreConfig(
                null,
                "eu-central-1",
                "backups",
                "",
                false,
                null,
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                RetryPolicy.DEFAULT);

        assertThat(Clients.address(amazon)).hasToString("https://backups.s3.eu-central-1.amazonaws.com");
        assertThat(route(
                                Clients.address(amazon).toString(),
                                Map.of("https_proxy", "http://p:1", "no_proxy", ".amazonaws.com"))
                        .proxy())
                .isNull();
    }
}
