import { Module } from '@nestjs/common';

import { PermissionsModule } from '../../permissions/permissions.module.js';
import { AdminModule } from '../admin.module.js';
import { ServerAdmin } from './server-admin.service.js';
import { ServerQuery } from './server-query.service.js';
import { ServerController } from './server.controller.js';
import { ToolApproval } from './tool-approval.service.js';
import { ToolReviewController } from './tool-review.controller.js';
import { ToolReview } from './tool-review.service.js';

/** The servers of the administration API. Needs the global module of the gateway. */
@Module({
  imports: [AdminModule, PermissionsModule],
  controllers: [ServerController, ToolReviewController],
  providers: [ServerAdmin, ServerQuery, ToolApproval, ToolReview],
})
export class ServersModule {}
