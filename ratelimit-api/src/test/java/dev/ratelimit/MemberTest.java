package dev.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemberTest {

    private static final Tier EACH_USER = Tier.named("each user")
            .table(LimitTable.named("calls per user").allTogether(RateLimit.perMinute(20)))
            .build();
    private static final Tier PROJECT = Tier.named("project")
            .table(LimitTable.named("calls per project").each(RateLimit.perMinute(30), "chat"))
            .build();
    private static final Tier TRIAL = Tier.named("trial")
            .account("trial")
            .table(LimitTable.named("calls").allTogether(RateLimit.perMinute(100)))
            .member("user", EACH_USER)
            .build();

    @Test
    void aCallerNamesOneMemberOfAKindInWhateverOrder() {
        Caller caller = Caller.of("acme", TRIAL).member("user", "u7").member("project", "p1", PROJECT);
        assertThat(caller.members()).containsExactly(new Member("project", "p1"), new Member("user", "u7"));
        assertThat(caller.tierOf("user")).contains(EACH_USER);
        assertThat(caller.tierOf("project")).contains(PROJECT);
        assertThat(caller.tierOf("channel")).isEmpty();
        Caller same = Caller.of("acme", TRIAL).member("project", "p1", PROJECT).member("user", "u7");
        assertThat(caller)
                .isEqualTo(same)
                .hasSameHashCodeAs(same)
                .isNotEqualTo(Caller.of("acme", TRIAL))
                .isNotEqualTo(Caller.of("acme", TRIAL).member("project", "p1").member("user", "u7"))
                .hasToString("acme under tier trial (account trial), project \"p1\" under tier project, user \"u7\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> caller.member("user", "u8"))
                .withMessage("a caller must have one member of a kind: user \"u7\" and user \"u8\"");
    }

    @Test
    void aCallerIsNotChangedByNamingAMember() {
        Caller acme = Caller.of("acme", TRIAL);
        assertThat(acme.member("user", "u7").members()).hasSize(1);
        assertThat(acme.members()).isEmpty();
    }

    @Test
    void aMemberOfAKindThatNoTierSpeaksOfHasNone() {
        Caller caller = Caller.of("acme", TRIAL).member("project", "p1");
        assertThat(caller.members()).containsExactly(new Member("project", "p1"));
        assertThat(caller.tierOf("project")).isEmpty();
    }

    @Test
    void aKeyIsAMemberThatOnlyItsIdNames() {
        Caller caller = Caller.of("acme", TRIAL).key("key-17");
        assertThat(caller.members()).containsExactly(new Member("key", "key-17"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Caller.of("acme", TRIAL).member("key", "sk-secret"))
                .withMessage("kind must be another than that of API keys: kind=key");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Caller.of("acme", TRIAL).member("key", "k", PROJECT));
        assertThatIllegalArgumentException().isThrownBy(() -> caller.key("key-18"));
    }

    @Test
    void aTierOfMembersStatesNoAccountAndNoMembers() {
        String rule = "tier must be without an account and members of its own, as a tier of members: tier=trial";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Tier.named("t").member("user", TRIAL))
                .withMessage(rule);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PROJECT.withMember("user", TRIAL.withAccount(Tier.DEFAULT_ACCOUNT)))
                .withMessage(rule);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Caller.of("acme", TRIAL).member("project", "p1", PROJECT.withAccount("trial")))
                .withMessageEndingWith("tier=project");
        Caller caller = Caller.of("acme", TRIAL).member("project", "p1", PROJECT);
        assertThatIllegalArgumentException().isThrownBy(() -> caller.withTiers(tier -> tier.withAccount("other")));
    }

    @Test
    void aTierSaysWhatEachUserHas() {
        // sample: dev/ratelimit/Tier.java
        Tier trial = Tier.named("trial")
                .table(LimitTable.named("calls per minute").allTogether(RateLimit.perMinute(100)))
                .member(
                        "user",
                        Tier.named("each user")
                                .table(LimitTable.named("calls per user").allTogether(RateLimit.perMinute(10)))
                                .build())
                .build();
        // end of sample
        assertThat(trial.limitsFor("chat")).hasSize(1);
        assertThat(trial.members().values())
                .singleElement()
                .extracting(user -> user.limitsFor("chat").get(0).limit())
                .isEqualTo(RateLimit.perMinute(10));
    }

    @Test
    void aTierSaysOnceWhatMembersOfAKindHave() {
        Tier.Builder builder = Tier.named("t").member("user", EACH_USER);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.member("user", PROJECT))
                .withMessage("kind must be one that has no tier yet: kind=user");
        Tier tier = builder.member("project", PROJECT).build();
        assertThat(tier.members()).containsOnlyKeys("user", "project");
        assertThat(tier.withMember("user", PROJECT).members()).containsEntry("user", PROJECT);
        assertThat(tier)
                .isEqualTo(Tier.named("t")
                        .member("project", PROJECT)
                        .member("user", EACH_USER)
                        .build())
                .isNotEqualTo(Tier.named("t").member("project", PROJECT).build())
                .hasToString("t (account default) [] members {user=" + EACH_USER + ", project=" + PROJECT + "}");
        assertThat(tier.withAccount("a")
                        .withTable(LimitTable.named("x").unlimited("y"))
                        .withoutTable("x")
                        .members())
                .isEqualTo(tier.members());
    }

    @Test
    void everyLimitOfATierIsChangedForItsMembersToo() {
        Tier halved = TRIAL.withLimits(limit -> limit.dividedBy(2));
        Tier halfAUser = EACH_USER.withLimits(limit -> limit.dividedBy(2));
        assertThat(halved.members()).containsOnlyKeys("user").containsEntry("user", halfAUser);
        Caller caller = Caller.of("acme", TRIAL).member("user", "u7").member("project", "p1", PROJECT);
        Caller scaled = caller.withTiers(tier -> tier.withLimits(limit -> limit.dividedBy(2)));
        assertThat(scaled.tier()).isEqualTo(halved);
        assertThat(scaled.tierOf("user")).contains(halfAUser);
        assertThat(scaled.tierOf("project")).contains(PROJECT.withLimits(limit -> limit.dividedBy(2)));
        assertThat(scaled.members()).isEqualTo(caller.members());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "7up", "a b", "a=b", "Benutzer\u00e4"})
    void aKindIsAWord(String kind) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Caller.of("acme", TRIAL).member(kind, "x"))
                .withMessageStartingWith("kind must be a letter and up to 63 letters, digits, - or _: kind=\"");
        assertThatIllegalArgumentException().isThrownBy(() -> Tier.named("t").member(kind, PROJECT));
    }

    @Test
    void aKindHasUpTo64CharactersOfAWord() {
        for (String kind : List.of("a", "Z9", "payment-intent", "Project_2", "k".repeat(64))) {
            assertThat(new Member(kind, "x").kind()).isEqualTo(kind);
        }
        for (String kind : List.of("k".repeat(65), "a@", "a[", "a`", "a{", "a/", "a:", "@", "[", "`", "{")) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Member(kind, "x"));
        }
    }

    @Test
    void aLongNameOfAMemberIsCutAndKeepsItsDigest() {
        Member one = new Member("user", "u".repeat(1_000) + "1");
        assertThat(one.name().getBytes(UTF_8)).hasSize(256);
        assertThat(one).isEqualTo(new Member("user", "u".repeat(1_000) + "1"));
        assertThat(one).isNotEqualTo(new Member("user", "u".repeat(1_000) + "2"));
    }

    @Test
    void whatStandsForFurtherMembersSaysSo() {
        assertThat(Member.overflow("user"))
                .hasToString("user \"(further members)\"")
                .returns(true, Member::isOverflow);
        assertThat(new Member("user", "u7").isOverflow()).isFalse();
    }

    @Test
    void aLimitSaysWhoseItIs() {
        AppliedLimit ofAll = AppliedLimit.of("calls per user", new Scope.Endpoint("chat"), RateLimit.perMinute(20));
        AppliedLimit ofUser = ofAll.of(new Member("user", "u7"));
        assertThat(ofAll.member()).isEmpty();
        assertThat(ofUser.member()).isEqualTo(Optional.of(new Member("user", "u7")));
        assertThat(ofUser)
                .isNotEqualTo(ofAll)
                .isEqualTo(ofAll.of(new Member("user", "u7")))
                .isNotEqualTo(ofAll.of(new Member("project", "u7")))
                .hasToString("20 calls per minute for endpoint \"chat\" of user \"u7\" (calls per user)");
        assertThat(new LimitReached(ofUser).message())
                .isEqualTo("Exceeded the limit of 20 calls per minute for endpoint \"chat\" of user \"u7\""
                        + " (calls per user)");
        assertThat(List.of(ofAll, ofUser)).doesNotHaveDuplicates();
    }
}
