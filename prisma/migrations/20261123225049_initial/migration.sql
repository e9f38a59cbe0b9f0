-- CreateEnum
CREATE TYPE "user_role" AS ENUM ('proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer');

-- CreateEnum
CREATE TYPE "membership_role" AS ENUM ('admin', 'user');

-- CreateTable
CREATE TABLE "organizations" (
    "organization_id" TEXT NOT NULL,
    "organization_alias" TEXT NOT NULL,
    "models" TEXT[],
    "object_permission" JSONB,
    "rpm_limit" INTEGER,
    "tpm_limit" INTEGER,
    "max_parallel_requests" INTEGER,
    "mcp_rpm_limit" JSONB,
    "mcp_calls_per_day" INTEGER,
    "max_budget" DOUBLE PRECISION,
    "budget_duration" TEXT,
    "budget_reset_at" TIMESTAMPTZ(3),
    "spend" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "tags" TEXT[],
    "aliases" JSONB NOT NULL DEFAULT '{}',
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,
    "updated_by" TEXT,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("organization_id")
);

-- CreateTable
CREATE TABLE "teams" (
    "team_id" TEXT NOT NULL,
    "team_alias" TEXT,
    "organization_id" TEXT,
    "models" TEXT[],
    "object_permission" JSONB,
    "rpm_limit" INTEGER,
    "tpm_limit" INTEGER,
    "max_parallel_requests" INTEGER,
    "mcp_rpm_limit" JSONB,
    "mcp_calls_per_day" INTEGER,
    "max_budget" DOUBLE PRECISION,
    "budget_duration" TEXT,
    "budget_reset_at" TIMESTAMPTZ(3),
    "spend" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "tags" TEXT[],
    "aliases" JSONB NOT NULL DEFAULT '{}',
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,
    "updated_by" TEXT,

    CONSTRAINT "teams_pkey" PRIMARY KEY ("team_id")
);

-- CreateTable
CREATE TABLE "users" (
    "user_id" TEXT NOT NULL,
    "user_email" TEXT,
    "user_email_normalized" TEXT,
    "user_alias" TEXT,
    "user_role" "user_role" NOT NULL DEFAULT 'internal_user',
    "models" TEXT[],
    "object_permission" JSONB,
    "rpm_limit" INTEGER,
    "tpm_limit" INTEGER,
    "max_parallel_requests" INTEGER,
    "mcp_rpm_limit" JSONB,
    "mcp_calls_per_day" INTEGER,
    "max_budget" DOUBLE PRECISION,
    "budget_duration" TEXT,
    "budget_reset_at" TIMESTAMPTZ(3),
    "spend" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "tags" TEXT[],
    "aliases" JSONB NOT NULL DEFAULT '{}',
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,
    "updated_by" TEXT,

    CONSTRAINT "users_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "organization_memberships" (
    "organization_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" "membership_role" NOT NULL DEFAULT 'user',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organization_memberships_pkey" PRIMARY KEY ("organization_id","user_id")
);

-- CreateTable
CREATE TABLE "team_memberships" (
    "team_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" "membership_role" NOT NULL DEFAULT 'user',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "team_memberships_pkey" PRIMARY KEY ("team_id","user_id")
);

-- CreateTable
CREATE TABLE "virtual_keys" (
    "key_id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "previous_hash" TEXT,
    "previous_hash_expires_at" TIMESTAMPTZ(3),
    "key_name" TEXT NOT NULL,
    "key_alias" TEXT,
    "key_alias_normalized" TEXT,
    "key_type" TEXT NOT NULL DEFAULT 'default',
    "allowed_routes" TEXT[],
    "user_id" TEXT,
    "team_id" TEXT,
    "organization_id" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "models" TEXT[],
    "object_permission" JSONB,
    "rpm_limit" INTEGER,
    "tpm_limit" INTEGER,
    "max_parallel_requests" INTEGER,
    "mcp_rpm_limit" JSONB,
    "mcp_calls_per_day" INTEGER,
    "max_budget" DOUBLE PRECISION,
    "budget_duration" TEXT,
    "budget_reset_at" TIMESTAMPTZ(3),
    "spend" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "tags" TEXT[],
    "aliases" JSONB NOT NULL DEFAULT '{}',
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,
    "updated_by" TEXT,

    CONSTRAINT "virtual_keys_pkey" PRIMARY KEY ("key_id")
);

-- CreateTable
CREATE TABLE "mcp_servers" (
    "server_id" TEXT NOT NULL,
    "server_name" TEXT NOT NULL,
    "server_name_normalized" TEXT NOT NULL,
    "alias" TEXT,
    "description" TEXT,
    "url" TEXT NOT NULL,
    "transport" TEXT,
    "auth_type" TEXT NOT NULL DEFAULT 'none',
    "credentials" BYTEA,
    "static_headers" BYTEA,
    "extra_headers" TEXT[],
    "allowed_tools" JSONB,
    "disallowed_tools" TEXT[],
    "mcp_access_groups" TEXT[],
    "mcp_info" JSONB NOT NULL DEFAULT '{}',
    "timeout_ms" INTEGER,
    "max_concurrent_requests" INTEGER,
    "session" TEXT NOT NULL DEFAULT 'auto',
    "pin" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,
    "updated_by" TEXT,

    CONSTRAINT "mcp_servers_pkey" PRIMARY KEY ("server_id")
);

-- CreateTable
CREATE TABLE "toolsets" (
    "toolset_id" TEXT NOT NULL,
    "toolset_name" TEXT NOT NULL,
    "toolset_name_normalized" TEXT NOT NULL,
    "description" TEXT,
    "tools" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT,
    "updated_by" TEXT,

    CONSTRAINT "toolsets_pkey" PRIMARY KEY ("toolset_id")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "request_id" TEXT NOT NULL,
    "key_id" TEXT,
    "user_id" TEXT,
    "team_id" TEXT,
    "organization_id" TEXT,
    "session_id" TEXT,
    "method" TEXT NOT NULL,
    "tool" TEXT,
    "upstream" TEXT,
    "decision" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "error_code" TEXT,
    "duration_ms" REAL NOT NULL,
    "upstream_duration_ms" REAL,
    "request_bytes" INTEGER NOT NULL,
    "response_bytes" INTEGER NOT NULL,
    "arguments" JSONB,
    "target_type" TEXT,
    "target_id" TEXT,
    "before" JSONB,
    "after" JSONB,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_days" (
    "day" DATE NOT NULL,
    "key_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL DEFAULT '',
    "team_id" TEXT NOT NULL DEFAULT '',
    "organization_id" TEXT NOT NULL DEFAULT '',
    "model" TEXT NOT NULL DEFAULT '',
    "upstream" TEXT NOT NULL DEFAULT '',
    "tool" TEXT NOT NULL DEFAULT '',
    "calls" BIGINT NOT NULL DEFAULT 0,
    "failed_calls" BIGINT NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "usage_days_pkey" PRIMARY KEY ("day","key_id","user_id","team_id","organization_id","model","upstream","tool")
);

-- CreateTable
CREATE TABLE "limit_counters" (
    "subject_kind" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "limit_name" TEXT NOT NULL,
    "window_start" TIMESTAMPTZ(3) NOT NULL,
    "used" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "limit_counters_pkey" PRIMARY KEY ("subject_kind","subject_id","limit_name","window_start")
);

-- CreateTable
CREATE TABLE "upstream_catalog_snapshots" (
    "upstream" TEXT NOT NULL,
    "catalog" TEXT NOT NULL,
    "config_fingerprint" TEXT NOT NULL,
    "read_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "upstream_catalog_snapshots_pkey" PRIMARY KEY ("upstream")
);

-- CreateTable
CREATE TABLE "tool_fingerprints" (
    "upstream" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "definition" TEXT NOT NULL,
    "approved" BOOLEAN NOT NULL DEFAULT false,
    "approved_by" TEXT,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tool_fingerprints_pkey" PRIMARY KEY ("upstream","tool","sha256")
);

-- CreateTable
CREATE TABLE "gateway_settings" (
    "name" TEXT NOT NULL,
    "value" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gateway_settings_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("scope","key")
);

-- CreateTable
CREATE TABLE "change_counters" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "value" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "change_counters_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "organizations_created_at_organization_id_idx" ON "organizations"("created_at", "organization_id");

-- CreateIndex
CREATE INDEX "teams_organization_id_created_at_team_id_idx" ON "teams"("organization_id", "created_at", "team_id");

-- CreateIndex
CREATE INDEX "teams_created_at_team_id_idx" ON "teams"("created_at", "team_id");

-- CreateIndex
CREATE UNIQUE INDEX "users_user_email_normalized_key" ON "users"("user_email_normalized");

-- CreateIndex
CREATE INDEX "users_created_at_user_id_idx" ON "users"("created_at", "user_id");

-- CreateIndex
CREATE INDEX "users_user_role_idx" ON "users"("user_role");

-- CreateIndex
CREATE INDEX "organization_memberships_user_id_idx" ON "organization_memberships"("user_id");

-- CreateIndex
CREATE INDEX "team_memberships_user_id_idx" ON "team_memberships"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "virtual_keys_hash_key" ON "virtual_keys"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "virtual_keys_previous_hash_key" ON "virtual_keys"("previous_hash");

-- CreateIndex
CREATE UNIQUE INDEX "virtual_keys_key_alias_normalized_key" ON "virtual_keys"("key_alias_normalized");

-- CreateIndex
CREATE INDEX "virtual_keys_created_at_key_id_idx" ON "virtual_keys"("created_at", "key_id");

-- CreateIndex
CREATE INDEX "virtual_keys_user_id_created_at_key_id_idx" ON "virtual_keys"("user_id", "created_at", "key_id");

-- CreateIndex
CREATE INDEX "virtual_keys_team_id_created_at_key_id_idx" ON "virtual_keys"("team_id", "created_at", "key_id");

-- CreateIndex
CREATE INDEX "virtual_keys_organization_id_created_at_key_id_idx" ON "virtual_keys"("organization_id", "created_at", "key_id");

-- CreateIndex
CREATE INDEX "virtual_keys_created_by_created_at_key_id_idx" ON "virtual_keys"("created_by", "created_at", "key_id");

-- CreateIndex
CREATE UNIQUE INDEX "mcp_servers_server_name_normalized_key" ON "mcp_servers"("server_name_normalized");

-- CreateIndex
CREATE UNIQUE INDEX "toolsets_toolset_name_normalized_key" ON "toolsets"("toolset_name_normalized");

-- CreateIndex
CREATE INDEX "audit_entries_key_id_id_idx" ON "audit_entries"("key_id", "id");

-- CreateIndex
CREATE INDEX "audit_entries_team_id_id_idx" ON "audit_entries"("team_id", "id") WHERE ("team_id" IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_entries_user_id_id_idx" ON "audit_entries"("user_id", "id") WHERE ("user_id" IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_entries_organization_id_id_idx" ON "audit_entries"("organization_id", "id") WHERE ("organization_id" IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_entries_tool_id_idx" ON "audit_entries"("tool", "id") WHERE ("tool" IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_entries_upstream_id_idx" ON "audit_entries"("upstream", "id") WHERE ("upstream" IS NOT NULL);

-- CreateIndex
CREATE INDEX "audit_entries_outcome_id_idx" ON "audit_entries"("outcome", "id") WHERE ("outcome" != 'success');

-- CreateIndex
CREATE INDEX "usage_days_key_id_day_idx" ON "usage_days"("key_id", "day");

-- CreateIndex
CREATE INDEX "usage_days_user_id_day_idx" ON "usage_days"("user_id", "day");

-- CreateIndex
CREATE INDEX "usage_days_team_id_day_idx" ON "usage_days"("team_id", "day");

-- CreateIndex
CREATE INDEX "usage_days_organization_id_day_idx" ON "usage_days"("organization_id", "day");

-- CreateIndex
CREATE INDEX "limit_counters_expires_at_idx" ON "limit_counters"("expires_at");

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");

-- AddForeignKey
ALTER TABLE "teams" ADD CONSTRAINT "teams_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("organization_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organization_memberships" ADD CONSTRAINT "organization_memberships_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("organization_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organization_memberships" ADD CONSTRAINT "organization_memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("user_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "team_memberships" ADD CONSTRAINT "team_memberships_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("team_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "team_memberships" ADD CONSTRAINT "team_memberships_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("user_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "virtual_keys" ADD CONSTRAINT "virtual_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("user_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "virtual_keys" ADD CONSTRAINT "virtual_keys_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams"("team_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "virtual_keys" ADD CONSTRAINT "virtual_keys_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("organization_id") ON DELETE CASCADE ON UPDATE CASCADE;
