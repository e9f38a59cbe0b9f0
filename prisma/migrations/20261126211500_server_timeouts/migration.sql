-- AlterTable
ALTER TABLE "mcp_servers" ADD COLUMN     "connect_timeout_ms" INTEGER,
ADD COLUMN     "idle_timeout_ms" INTEGER;
