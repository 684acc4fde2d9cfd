/** Chooses the encoder of an export. */

import type { ExportQuery } from '../queries/queries.ts';
import { csvEncoder } from './csv.ts';
import type { Encoder } from './encoder.ts';
import { jsonlEncoder } from './jsonl.ts';
import { tardisEncoder } from './tardis-csv.ts';

/** @param query one that `checkExport` has accepted. */
export function createEncoder(query: ExportQuery): Encoder {
  switch (query.format) {
    case 'jsonl':
      return jsonlEncoder();
    case 'csv':
      return csvEncoder(query.type, query.features);
    case 'tardis-csv':
      return tardisEncoder(query);
  }
}
