import type { Candidate } from './model-directory.js';
import type { DeploymentState } from './deployment-state.js';

/** A deployment is passed over while it has this many requests (by weight) more in flight than the least busy one. */
const toleratedLead = 1;

/**
 * Picks among deployments: by weight, in smooth rotation, but not one that is clearly busier than another.
 * Deployments that were tried already come after those that were not.
 */
export class Balancer {
  readonly #credit = new WeakMap<DeploymentState, number>();

  pick(candidates: readonly Candidate[], tried: ReadonlyMap<DeploymentState, number>): Candidate | undefined {
    const fewestTries = Math.min(...candidates.map(({ state }) => tried.get(state) ?? 0));
    const fresh = candidates.filter(({ state }) => (tried.get(state) ?? 0) === fewestTries);
    const [only] = fresh;
    if (fresh.length <= 1) return only;
    const totalWeight = fresh.reduce((sum, { state }) => sum + state.deployment.weight, 0);
    const meanWeight = totalWeight / fresh.length;
    const leastLoad = Math.min(...fresh.map(({ state }) => state.load(meanWeight)));
    const free = fresh.filter(({ state }) => state.load(meanWeight) - leastLoad <= toleratedLead);
    return this.#rotate(free);
  }

  /** Smooth weighted round-robin: everyone earns its weight, the richest is picked and pays the total. */
  #rotate(candidates: readonly Candidate[]): Candidate | undefined {
    let total = 0;
    let richest: Candidate | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const candidate of candidates) {
      const { weight } = candidate.state.deployment;
      const credit = (this.#credit.get(candidate.state) ?? 0) + weight;
      this.#credit.set(candidate.state, credit);
      total += weight;
      if (credit > most) {
        most = credit;
        richest = candidate;
      }
    }
    if (richest !== undefined) this.#credit.set(richest.state, most - total);
    return richest;
  }
}
