package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StepsTest {

    @Test
    void theSumChangesAtTheMomentOfAStep() {
        Steps steps = new Steps();
        steps.add(20, 5);
        steps.add(10, 1);
        assertThat(steps.sumAt(9)).isZero();
        assertThat(steps.sumAt(10)).isEqualTo(1);
        assertThat(steps.sumAt(19)).isEqualTo(1);
        assertThat(steps.sumAt(20)).isEqualTo(6);
        assertThat(steps.sumAt(21)).isEqualTo(6);
    }

    @Test
    void thereIsNoPeakBetweenStepsOfOneMoment() {
        Steps steps = new Steps();
        steps.addBetween(0, 10, 3);
        steps.addBetween(10, 20, 3);
        assertThat(steps.peak()).isEqualTo(3);
    }

    @Test
    void unitsThatMeetAddUp() {
        Steps steps = new Steps();
        steps.addBetween(0, 11, 3);
        steps.addBetween(10, 20, 4);
        steps.addBetween(15, 15, 100);
        assertThat(steps.peak()).isEqualTo(7);
        assertThat(steps.sumAt(11)).isEqualTo(7);
        assertThat(steps.sumAt(12)).isEqualTo(4);
    }
}
