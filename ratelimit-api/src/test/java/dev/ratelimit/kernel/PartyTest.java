package dev.ratelimit.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PartyTest {

    private static final Tier EACH = Tier.named("each")
            .message("Users have less.")
            .table(LimitTable.named("calls per user")
                    .each(RateLimit.perMinute(2), "chat/*")
                    .together("all of a day", Quota.perDay(9), "chat", "embed"))
            .refuseOtherEndpoints()
            .build();
    private static final Tier TRIAL = Tier.named("trial")
            .account("trial")
            .table(LimitTable.named("calls").eachOtherEndpoint(Quota.perMonth(5)))
            .member("user", EACH)
            .build();
    private static final Caller CALLER =
            Caller.of("acme", TRIAL).member("user", "u7").member("channel", "unlimited");

    @Test
    void thePartiesAreTheOrganizationAndTheMembersThatAreLimited() {
        assertThat(Party.of(CALLER))
                .containsExactly(new Party(null, TRIAL, "trial"), new Party(new Member("user", "u7"), EACH, "trial"));
        assertThat(Party.of(Caller.of("acme", TRIAL))).containsExactly(new Party(null, TRIAL, "trial"));
    }

    @Test
    void aMembersLimitsAreKeptInTheAccountOfItsOrganizationAndNameIt() {
        Party user = Party.of(CALLER).get(1);
        EndpointLimits limits = user.limits("chat/a");
        Member u7 = new Member("user", "u7");
        AppliedLimit own = AppliedLimit.of("calls per user", new Scope.Endpoint("chat/a"), RateLimit.perMinute(2))
                .of(u7);
        assertThat(limits.own()).containsExactly(own);
        assertThat(limits.takesPlace()).isTrue();
        assertThat(limits.overflow())
                .extracting(AppliedLimit::scope)
                .containsExactly(new Scope.Endpoint("(further endpoints of chat/*)"));
        assertThat(user.limits("embed").takesPlace()).isFalse();
        assertThat(user.keyOf(own))
                .returns("trial", MeterKey::account)
                .returns(u7, MeterKey::member)
                .isEqualTo(MeterKey.of("trial", own))
                .isNotEqualTo(MeterKey.of("default", own))
                .isNotEqualTo(MeterKey.of("trial", own.of(new Member("user", "u8"))));
        assertThat(user.namedLimits()).extracting(AppliedLimit::member).containsOnly(Optional.of(u7));
    }

    @Test
    void beyondTheBoundAMemberIsTheOverflowOfItsKind() {
        Party organization = Party.of(CALLER).get(0);
        Party user = Party.of(CALLER).get(1);
        assertThat(user.overflow()).isEqualTo(new Party(Member.overflow("user"), EACH, "trial"));
        assertThat(organization.overflow()).isSameAs(organization);
    }

    @Test
    void theTierOfEachPartyDecidesAboutUnknownEndpoints() {
        assertThat(Endpoints.resolve(CALLER, "rerank"))
                .isEqualTo(Rejected.permanent(new EndpointUnknown("rerank"), "Users have less."));
        assertThat(Endpoints.resolve(CALLER, "chat/a")).isEqualTo(CALLER);
        Caller organization = Caller.of("acme", TRIAL);
        assertThat(Endpoints.resolve(organization, "rerank")).isEqualTo(organization);
    }

    @Test
    void aGrantIsOfALimitOfAParty() {
        AppliedLimit ofOrganization = TRIAL.limitsFor("embed").get(0);
        AppliedLimit ofUser = EACH.limitsFor("embed").get(0);
        Member u7 = new Member("user", "u7");
        assertThat(AdminChecks.requireGrant(CALLER, ofOrganization, 1).member()).isNull();
        assertThat(AdminChecks.requireGrant(CALLER, ofUser.of(u7), 1).member()).isEqualTo(u7);
        assertThat(AdminChecks.requireGrant(CALLER, ofUser.of(Member.overflow("user")), 1)
                        .member())
                .isEqualTo(Member.overflow("user"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AdminChecks.requireGrant(CALLER, ofUser, 1))
                .withMessage("quota must be a limit of tier \"trial\" or of a member of the caller: quota=" + ofUser);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AdminChecks.requireGrant(CALLER, ofUser.of(new Member("user", "u8")), 1));
        AppliedLimit rate = EACH.limitsFor("chat/a").get(0).of(u7);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AdminChecks.requireGrant(CALLER, rate, 1))
                .withMessage("quota must be a quota: quota=" + rate);
        long most = 1L << 53;
        assertThat(AdminChecks.requireGrant(CALLER, ofOrganization, most)).isNotNull();
        assertThat(AdminChecks.requireGrant(CALLER, ofOrganization, -most)).isNotNull();
        for (long beyond : new long[] {most + 1, -most - 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> AdminChecks.requireGrant(CALLER, ofOrganization, beyond))
                    .withMessage("units must be >= -2^53 and <= 2^53: units=" + beyond);
        }
    }

    @Test
    void whatIsCarriedOverIsOfOneOrganization() {
        AdminChecks.requireSameOrganization(CALLER, Caller.of("acme", EACH));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AdminChecks.requireSameOrganization(CALLER, Caller.of("umbrella", TRIAL)))
                .withMessage("former must be of organization \"acme\": former=umbrella");
    }
}
