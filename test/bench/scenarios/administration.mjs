import { heldKib } from '../measure/processes.mjs';
import { median } from '../measure/statistics.mjs';
import { atMost } from '../rows.mjs';
import { auditRows, teams, virtualKeys } from '../seed.mjs';
import { upstreamNames } from '../targets/gateway.mjs';

/** What stands beside the way of a call: pages for administrators, and many keys that share few policies. */
const KEYS = 100_000;
const AUDIT_ROWS = 1_000_000;
const REQUESTS = 20;

const pages = {
  'first page of /key/list': '/key/list?page=1&size=100',
  'last page of /key/list': `/key/list?page=${KEYS / 100}&size=100`,
  'keys of one team': '/key/list?team_id=seeded-7&size=100',
  'first page of /v1/audit': '/v1/audit?limit=100',
  '/v1/audit of one key': '/v1/audit?key=seeded-7&limit=100',
  '/v1/audit of one upstream': '/v1/audit?upstream=up1&limit=100',
  '/v1/audit of one outcome': '/v1/audit?outcome=error&limit=100',
};

async function millisecondsOf(gateway, route) {
  const times = [];
  await gateway.admin('GET', route);
  for (let request = 0; request < REQUESTS; request += 1) {
    const startedAt = performance.now();
    await gateway.admin('GET', route);
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

const adminPages = {
  name: 'admin-pages',
  title: '100,000 keys, 1,000 teams, 1,000,000 audit rows',
  isInShort: false,
  async run(lab) {
    const layout = { upstreams: 1, toolsEach: 10 };
    const seed = [...teams(1000), ...virtualKeys(KEYS), ...auditRows(AUDIT_ROWS)];
    const gateway = await lab.startSeededGateway(layout, 'admin-pages', seed);
    try {
      const rows = [];
      for (const [title, route] of Object.entries(pages)) {
        rows.push(atMost(title, await millisecondsOf(gateway, route), 'ms', 100, 20));
      }
      return { cells: new Map(), rows };
    } finally {
      await gateway.stop();
    }
  },
};

const POLICIES = 20;
const KEYS_IN_ALL = 1000;

/** Makes a key of the n-th policy and lists with it, so that its view is there. */
async function useKeyOf(gateway, policy) {
  const headers = await gateway.createKey({
    object_permission: {
      mcp_servers: upstreamNames(manyTools),
      mcp_denied_tools: [`up1__dummy_${100 + policy}`],
    },
  });
  const response = await fetch(`${gateway.url}/mcp/tools/list`, { headers });
  const { tools } = await response.json();
  const expected = manyTools.toolsEach - 1;
  return tools.length === expected ? null : `expected ${expected} tools, got ${tools.length}`;
}

const manyTools = { upstreams: 1, toolsEach: 1000 };

const sharedViews = {
  name: 'shared-views',
  title: '1,000 tools, 1,000 keys of 20 policies',
  isInShort: false,
  async run(lab) {
    const gateway = await lab.startGateway(manyTools, 'shared-views');
    try {
      const faults = [];
      const useKeys = async (from, to) => {
        for (let key = from; key < to; key += 1) faults.push(await useKeyOf(gateway, key % POLICIES));
      };
      await useKeys(0, 5 * POLICIES);
      const few = heldKib(gateway.pid);
      await useKeys(5 * POLICIES, KEYS_IN_ALL);
      const many = heldKib(gateway.pid);
      const wrong = faults.filter((fault) => fault !== null);
      const cell = { faults: wrong.length, firstFault: wrong[0] ?? null };
      const perKey = (many - few) / (KEYS_IN_ALL - 5 * POLICIES);
      return {
        cells: new Map([['toolgate', [cell]]]),
        rows: [atMost('memory of a further key', perKey, 'KiB', 50, 10)],
      };
    } finally {
      await gateway.stop();
    }
  },
};

export const administrationScenarios = [adminPages, sharedViews];
