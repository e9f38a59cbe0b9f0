import { resolve } from 'node:path';

import { Secret } from '../../core/secret.js';
import type { ConfigOptions } from '../config-options.js';
import type { DatabaseConfig, LogConfig } from '../gateway-config.js';
import type { Findings } from '../problem-list.js';
import type { ConfigFile } from '../schema/config-file.schema.js';
import { logLevels } from '../schema/general.schema.js';
import type { Environment } from '../source/variables.js';
import { fromEnvironment, readPort, type Told } from './told.js';

export interface ProcessSettings {
  readonly host: string;
  readonly port: number;
  readonly log: LogConfig;
  readonly database: DatabaseConfig;
  readonly redisUrl: Secret | null;
  readonly masterKey: Secret | null;
  readonly saltKey: Secret | null;
}

/** The settings that flags and environment can set too: flags beat the environment, which beats the file. */
export function readProcessSettings(
  { argvFlags, cwd }: ConfigOptions,
  env: Environment,
  file: ConfigFile,
  findings: Findings,
): ProcessSettings {
  const general = file.general_settings;
  const said = new Precedence(env, findings);
  return {
    host: readHost(argvFlags.host, env, general.host, findings),
    port: readPortSetting(argvFlags.port, env, general.port, findings),
    log: readLog(argvFlags, env, general.log_level, findings),
    database: {
      url: said.secret(
        ['DATABASE_URL'],
        general.database_url,
        ['general_settings', 'database_url'],
        (value) =>
          /^postgres(ql)?:\/\//.test(value) ? null : 'must begin with postgres:// or postgresql://',
      ),
      dataDir: resolve(cwd, fromEnvironment(env, 'TOOLGATE_DATA_DIR')?.value ?? general.data_dir ?? 'data'),
    },
    redisUrl: said.secret(['REDIS_URL'], ...redisInFile(file), (value) =>
      /^rediss?:\/\//.test(value) ? null : 'must begin with redis:// or rediss://',
    ),
    masterKey: said.secret(
      ['TOOLGATE_MASTER_KEY', 'LITELLM_MASTER_KEY'],
      general.master_key,
      ['general_settings', 'master_key'],
      masterKeyProblem,
    ),
    saltKey: said.secret(
      ['TOOLGATE_SALT_KEY'],
      general.salt_key,
      ['general_settings', 'salt_key'],
      () => null,
    ),
  };
}

type SettingPath = readonly string[];

class Precedence {
  constructor(
    private readonly env: Environment,
    private readonly findings: Findings,
  ) {}

  /** The variable's value or else the file's, checked where it stands. */
  secret(
    variables: readonly string[],
    inFile: Secret | undefined,
    path: SettingPath,
    problemOf: (value: string) => string | null,
  ): Secret | null {
    const told = fromEnvironment(this.env, ...variables);
    const value = told?.value ?? inFile?.reveal();
    if (value === undefined) return null;
    const problem = problemOf(value);
    if (problem === null) return new Secret(value);
    if (told?.source != null) this.findings.list.faultOf(told.source, problem);
    else this.findings.fault(path, `${path.at(-1) ?? ''} ${problem}`);
    return null;
  }
}

function masterKeyProblem(value: string): string | null {
  if (!value.startsWith('sk-') || value.length < 4) return 'must begin with "sk-"';
  return /^[\x21-\x7e]+$/.test(value) ? null : 'must not hold spaces, line breaks or characters beyond ASCII';
}

function redisInFile({
  general_settings: general,
  router_settings: router,
}: ConfigFile): [Secret | undefined, SettingPath] {
  if (general.redis_url !== undefined) return [general.redis_url, ['general_settings', 'redis_url']];
  if (router.redis_url !== undefined) return [router.redis_url, ['router_settings', 'redis_url']];
  if (router.redis_host === undefined) return [undefined, []];
  const password = router.redis_password;
  const login = password === undefined ? '' : `:${encodeURIComponent(password.reveal())}@`;
  const url = `redis://${login}${router.redis_host}:${router.redis_port ?? 6379}`;
  return [new Secret(url), ['router_settings', 'redis_host']];
}

function readPortSetting(
  flag: string | undefined,
  env: Environment,
  inFile: number | undefined,
  { list }: Findings,
): number {
  const told: Told<string> | null =
    flag === undefined ? fromEnvironment(env, 'PORT') : { value: flag, source: '--port' };
  return (told === null ? inFile : readPort(told, list)) ?? 4000;
}

function readHost(
  flag: string | undefined,
  env: Environment,
  inFile: string | undefined,
  findings: Findings,
): string {
  const told: Told<string> | null =
    flag === undefined ? fromEnvironment(env, 'HOST') : { value: flag, source: '--host' };
  const host = (told?.value ?? inFile ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
  if (/^[A-Za-z0-9._:%-]+$/.test(host)) return host;
  const problem = 'must be the name or address of an interface, e.g. 127.0.0.1 or 0.0.0.0';
  if (told?.source != null) findings.list.faultOf(told.source, problem);
  else findings.fault(['general_settings', 'host'], `host ${problem}`);
  return '127.0.0.1';
}

/** Names of other loggers for the same levels. */
const otherLevels: Readonly<Record<string, LogConfig['level']>> = {
  verbose: 'debug',
  log: 'info',
  warning: 'warn',
  critical: 'error',
  fatal: 'error',
};

function readLog(
  { debug, detailedDebug }: ConfigOptions['argvFlags'],
  env: Environment,
  inFile: LogConfig['level'] | undefined,
  { list }: Findings,
): LogConfig {
  const traffic = detailedDebug === true;
  if (traffic || debug === true) return { level: 'debug', traffic };
  const told = fromEnvironment(env, 'LOG_LEVEL');
  if (told === null) return { level: inFile ?? 'info', traffic };
  const wanted = told.value.trim().toLowerCase();
  const level = logLevels.find((name) => name === wanted) ?? otherLevels[wanted];
  if (level === undefined) list.faultOf('LOG_LEVEL', `must be one of ${logLevels.join(', ')}`);
  return { level: level ?? 'info', traffic };
}
