package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trace whose columns name members of organizations. */
class MembersTest {

    private static final String TRACE = """
            at,org,uid,key
            1767603600,acme,u1,k1
            1767603601,acme,u1,k2
            1767603602,acme,u1,k3
            1767603603,acme,u2,k3
            1767603604,acme,,k3
            1767603605,acme,,k3
            1767603606,other,u1,k1
            """;

    private static final String TIERS = """
            tiers:
              - name: trial
                members: [{kind: user, tier: each user}, {kind: key, tier: each key}]
                tables: [{name: calls, rows: [{all: together, limit: 5 calls per minute}]}]
              - name: each user
                tables: [{name: calls per user, rows: [{all: each, limit: 2 calls per minute}]}]
              - name: each key
                tables: [{name: calls per key, rows: [{all: each, limit: 2 calls per minute}]}]
            """;

    @TempDir
    Path folder;

    private Run replay(String... options) throws IOException {
        Path trace = Files.writeString(folder.resolve("trace.csv"), TRACE);
        Path tiers = Files.writeString(folder.resolve("tiers.yaml"), TIERS);
        List<String> line = new ArrayList<>(List.of(trace.toString(), "--tiers", tiers.toString(), "--tier", "trial"));
        line.addAll(List.of("--time", "at", "--time-unit", "s", "--organization", "org"));
        line.addAll(List.of(options));
        return Run.of(line.toArray(String[]::new));
    }

    @Test
    void theLimitsOfMembersDecideTogetherWithTheOrganizations() throws IOException {
        Path log = folder.resolve("decisions.csv");

        Run run = replay("--member", "user=uid", "--member", "key=key", "--decisions", log.toString());

        assertThat(run.err()).isEmpty();
        assertThat(Files.readAllLines(log))
                .containsExactly(
                        "time,organization,endpoint,admitted,limit,retry-after",
                        "2026-01-05T09:00:00Z,acme,default,true,,",
                        "2026-01-05T09:00:01Z,acme,default,true,,",
                        "2026-01-05T09:00:02Z,acme,default,false,"
                                + "\"calls per user / default of user \"\"u1\"\" / 2 calls per minute\",58",
                        "2026-01-05T09:00:03Z,acme,default,true,,",
                        "2026-01-05T09:00:04Z,acme,default,true,,",
                        "2026-01-05T09:00:05Z,acme,default,false,"
                                + "\"calls per key / default of key \"\"k3\"\" / 2 calls per minute\",58",
                        "2026-01-05T09:00:06Z,other,default,true,,");
        assertThat(run.out())
                .contains("2 calls per minute  default of each user  calls per user")
                .contains("2 calls per minute  default of each key   calls per key");
    }

    @Test
    void aReportHasOneLineForAllMembersOfAKind() throws IOException {
        Run run = replay("--member", "user=uid", "--member", "key=key", "--format", "json");

        assertThat(run.out())
                .contains("{\"table\":\"calls per user\",\"scope\":\"default\",\"member\":\"user\","
                        + "\"limit\":\"2 calls per minute\",\"rejected\":1}");
    }

    @Test
    void whoIsNotLimitedIsWarnedOf() throws IOException {
        assertThat(replay("--member", "project=key").err())
                .contains("warning: members of the kind user are not limited, because no --member says which column")
                .contains("warning: members of the kind project are not limited, because the tier has none for them");
    }
}
