import { describeSingles } from './describe-vendor.ts';

describeSingles('two-slot', 'under prompt');
