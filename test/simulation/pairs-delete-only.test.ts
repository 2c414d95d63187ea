import { describeDangerousPairs } from './describe-vendor.ts';

describeDangerousPairs('delete-only');
