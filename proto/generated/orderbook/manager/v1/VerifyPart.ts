// Original file: proto/manager.proto

import type { VerifyProgress as _orderbook_manager_v1_VerifyProgress, VerifyProgress__Output as _orderbook_manager_v1_VerifyProgress__Output } from '../../../orderbook/manager/v1/VerifyProgress.ts';
import type { VerifyProblem as _orderbook_manager_v1_VerifyProblem, VerifyProblem__Output as _orderbook_manager_v1_VerifyProblem__Output } from '../../../orderbook/manager/v1/VerifyProblem.ts';
import type { VerifyResult as _orderbook_manager_v1_VerifyResult, VerifyResult__Output as _orderbook_manager_v1_VerifyResult__Output } from '../../../orderbook/manager/v1/VerifyResult.ts';

export interface VerifyPart {
  'progress'?: (_orderbook_manager_v1_VerifyProgress | null);
  'problem'?: (_orderbook_manager_v1_VerifyProblem | null);
  'result'?: (_orderbook_manager_v1_VerifyResult | null);
  'part'?: "progress"|"problem"|"result";
}

export interface VerifyPart__Output {
  'progress'?: (_orderbook_manager_v1_VerifyProgress__Output | null);
  'problem'?: (_orderbook_manager_v1_VerifyProblem__Output | null);
  'result'?: (_orderbook_manager_v1_VerifyResult__Output | null);
}
