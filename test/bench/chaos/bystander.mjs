import { Gateway } from '../targets/gateway.mjs';
import { SteadyLoad } from './steady-load.mjs';

/**
 * A gateway on the same machine under the same load that knows none of the wild upstreams: what its calls take longer is
 * what those processes take of the cores, and not what they do to a gateway.
 */
export class Bystander {
  #gateway;
  #load = null;

  /** @param options of the Gateway */
  constructor(options) {
    this.#gateway = new Gateway({ name: 'bystander', ...options });
  }

  /** @param tools qualified names of tools that echo `message` */
  async start(tools, callsPerSecond) {
    await this.#gateway.start();
    await this.#gateway.useKey({});
    this.#load = new SteadyLoad(this.#gateway, tools, callsPerSecond);
    await this.#load.open();
    this.#load.start();
  }

  /** 99th percentile since it was asked last, milliseconds. */
  readP99() {
    return this.#load.read().p99;
  }

  async stop() {
    await this.#load?.stop();
    await this.#gateway.stop();
  }
}
