import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { Answers } from '../http/answers.decorator.js';
import { Public } from '../http/public.decorator.js';
import { ReadinessService } from '../http/readiness.service.js';
import { aliveAnswer, enabledAnswer, readinessAnswer } from './answers.js';

/** Whether the process lives, and whether it can serve (contract section 5). */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly readiness: ReadinessService) {}

  @ApiOperation({ summary: 'The process answers' })
  @Answers(aliveAnswer)
  @Public()
  @Get(['health/liveliness', 'health/liveness'])
  liveness(@Res() response: Response): void {
    response.json("I'm alive!");
  }

  @ApiOperation({ summary: 'The gateway can serve: 200, or 503' })
  @Answers(readinessAnswer)
  @Answers(readinessAnswer, 503)
  @Public()
  @Get('health/readiness')
  ready(@Res() response: Response): void {
    const { isReady, status, db } = this.readiness.read();
    response.status(isReady ? 200 : 503).json({ status, db });
  }

  @ApiOperation({ summary: 'LiteLLM: the MCP endpoint is there' })
  @Answers(enabledAnswer)
  @Get('mcp/enabled')
  enabled(): { enabled: true } {
    return { enabled: true };
  }
}
